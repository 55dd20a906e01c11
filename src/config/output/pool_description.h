// Pools as texts for people. The values of a pool's environment are never shown.
//
// Thread: any; pure functions.
#pragma once

#include <string>

#include "config/settings.h"

namespace tusk::config::output {

// "env = { "APP_KEY" = "(redacted)" }", or empty.
std::string redacted_environment(const Pool& pool);

// One line for each pool, the default one first, for tusk check; empty without other pools.
std::string pool_summary(const Settings& settings);

}  // namespace tusk::config::output
