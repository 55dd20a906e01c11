// The policy of compression, as http/coding/ takes it.
//
// Thread: main; a pure function.
#pragma once

#include "config/settings.h"
#include "http/coding/policy.h"

namespace tusk::app::plan {

http::coding::Policy compression_policy(const config::Settings& settings);

}  // namespace tusk::app::plan
