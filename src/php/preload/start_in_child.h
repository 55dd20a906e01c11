// Something that may end the process, done in a process of its own: a start of PHP, or a
// compilation of files that nobody has compiled before.
//
// Thread: main, while PHP has not started.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace tusk::php::preload {

// Forks, and returns what `work` has returned there. The process ends without destructors. An
// error: it has crashed, or has not ended until `until`.
base::Result<std::string> in_child(base::MonotonicTime until,
                                   const std::function<std::string()>& work);

}  // namespace tusk::php::preload
