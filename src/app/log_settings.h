// The log, as the settings want it.
//
// Thread: main.
#pragma once

#include "config/settings.h"
#include "observe/log.h"

namespace tusk::app {

observe::LogSettings log_settings(const config::Settings& settings);

}  // namespace tusk::app
