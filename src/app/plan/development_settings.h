// The settings with which a developer sees each change at once.
//
// Thread: main; a pure function.
#pragma once

#include "config/settings.h"

namespace tusk::app::plan {

bool serves_developer(const config::Settings& settings);

// With `watch` or `hot_reload`: the same settings, but for caches that would hide a change. php.ini
// directives that the operator has given with -d or in [php] stay.
config::Settings development_settings(config::Settings settings);

}  // namespace tusk::app::plan
