#include "app/log_settings.h"

namespace tusk::app {

observe::LogSettings log_settings(const config::Settings& settings) {
  observe::LogSettings log;
  log.format = settings.log_format == config::LogFormat::kJson ? observe::LogFormat::kJson
                                                               : observe::LogFormat::kText;
  log.level = static_cast<observe::Level>(settings.log_level);
  log.service_name = settings.service_name;
  return log;
}

// Both lists name the same levels in the same order.
static_assert(static_cast<int>(config::LogLevel::kTrace) ==
              static_cast<int>(observe::Level::kTrace));
static_assert(static_cast<int>(config::LogLevel::kOff) == static_cast<int>(observe::Level::kOff));

}  // namespace tusk::app
