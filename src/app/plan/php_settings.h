// PHP's part of the configuration, as php/ takes it.
//
// Thread: main; a pure function.
#pragma once

#include "config/settings.h"
#include "php/settings.h"

namespace tusk::app::plan {

php::Settings php_settings(const config::Settings& settings);

}  // namespace tusk::app::plan
