#include "config/checks/log_checks.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <sys/stat.h>
#include <unistd.h>

#include "base/access/access_format.h"
#include "base/permission.h"
#include "base/tracing/collector_url.h"
#include "config/checks/findings.h"

namespace tusk::config::checks {

namespace {

// A file that is to be appended to: it, or the directory that it will be in, must be writable.
void check_log_file(Loaded& loaded, std::string_view name, const std::string& path) {
  if (path.empty()) return;
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) {
    const int number = base::access_error(path, W_OK);
    if (S_ISDIR(status.st_mode)) {
      error(loaded, name, path + " is a directory: name the file itself", Blame::kMachine);
    } else if (number != 0) {
      error(loaded, name, path + ": " + base::denial_text(path, W_OK, number), Blame::kMachine);
    }
    return;
  }
  const std::string directory = path.substr(0, std::max<std::size_t>(1, path.rfind('/')));
  check_directory(loaded, name, directory, W_OK | X_OK);
}

}  // namespace

void check_logs(Loaded& loaded) {
  const Settings& settings = loaded.settings;
  check_log_file(loaded, "log_file", settings.log_file);
  check_log_file(loaded, "access_log_file", settings.access_log_file);
  if (!settings.access_log_format.empty()) {
    const auto format = base::access::parse_access_format(settings.access_log_format);
    if (!format) error(loaded, "access_log_format", format.error().message);
  }
  if (!settings.otlp_endpoint.empty()) {
    const auto collector = base::tracing::parse_collector_url(settings.otlp_endpoint);
    if (!collector) error(loaded, "otlp_endpoint", collector.error().message);
    if (settings.trace_context == TraceContext::kOff)
      warning(loaded, "otlp_endpoint", "has no effect, because trace_context is off");
  }
}

}  // namespace tusk::config::checks
