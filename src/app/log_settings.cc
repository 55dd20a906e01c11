#include "app/log_settings.h"

namespace tusk::app {

observe::LogSettings log_settings(const config::Settings& settings) {
  observe::LogSettings log;
  log.format = settings.log_format;
  log.level = settings.log_level;
  log.service_name = settings.service_name;
  return log;
}

}  // namespace tusk::app
