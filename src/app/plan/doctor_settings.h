// The settings of a server process that `tusk doctor` has started for itself.
//
// Thread: any; a pure function.
#pragma once

#include <string>

#include "base/result.h"
#include "config/settings.h"

namespace tusk::app::plan {

// Those of the application, with one worker of the pool that is examined and no other resident one.
// What would meet a running tusk or delay the requests is off: addresses, TLS, files of logs, rate
// limits, watches. An empty name stands for the only pool with a resident script. Fails if there is
// no such pool.
base::Result<config::Settings> doctor_settings(config::Settings settings, const std::string& pool);

// The same for `tusk doctor rewind`, which has two servers. In the one, the pool rewinds, whatever
// its mode is. In the other, no script is resident, and a pool with the same environment and
// directives runs all scripts.
base::Result<config::Settings> rewound_doctor_settings(config::Settings settings,
                                                       const std::string& pool);
base::Result<config::Settings> plain_doctor_settings(config::Settings settings,
                                                     const std::string& pool);

}  // namespace tusk::app::plan
