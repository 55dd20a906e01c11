// The compression that the options ask for, as those who compress want it.
//
// Pure. Thread: main.
#pragma once

#include "config/settings.h"
#include "http/coding/policy.h"

namespace tusk::app::plan {

http::coding::Policy compression_policy(const config::Settings& settings);

}  // namespace tusk::app::plan
