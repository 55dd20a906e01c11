#include "app/plan/php_settings.h"

#include "config/field.h"
#include "config/option_table.h"
#include "php/preload/list/list_place.h"

namespace tusk::app::plan {

namespace {

// The limits in effect are for phpinfo(). What may be secret is not: environment, TLS, addresses,
// directives.
bool is_for_phpinfo(const config::Option& option) {
  if (option.secret || option.type == config::Type::kDirectives) return false;
  // The executor has a row of its own, with what these three together choose.
  if (option.name == "executor" || option.name == "use_ext" || option.name == "use_stub") {
    return false;
  }
  return option.section == config::Section::kPhp ||
         option.section == config::Section::kConnections ||
         option.section == config::Section::kMessages;
}

std::vector<php::InfoRow> info_rows(const config::Settings& settings) {
  std::vector<php::InfoRow> rows;
  const auto add = [&](const config::Option& option) {
    rows.push_back(
        {.name = std::string(option.name), .value = config::value_text(settings, option)});
  };
  add(config::option_named("executor"));
  for (const config::Option& option : config::option_table()) {
    if (is_for_phpinfo(option)) add(option);
  }
  return rows;
}

}  // namespace

php::Settings php_settings(const config::Settings& settings) {
  php::Settings php;
  php.threads = static_cast<int>(config::all_workers(settings));
  php.method =
      settings.executor == config::Executor::kPhp ? php::Method::kEvaluate : php::Method::kExecute;
  php.stack_bytes = settings.worker_stack_bytes;
  php.ini_path = settings.php_ini;
  php.directives = settings.php;
  php.sapi_name = config::value_text(settings, config::option_named("sapi_name"));
  php.server_software = settings.server_software;
  php.limits = {.sse = settings.sse_timeout,
                .force_restart = settings.opcache_force_restart_timeout};
  php.opcache_restart_timeout = settings.opcache_restart_timeout;
  php.doctor.on = settings.resident_doctor;
  // A change of a preloaded file needs another server process, which only a supervisor can start.
  if (settings.preload == config::Preload::kAuto && settings.supervisor)
    php.preload.list_file = settings.preload_file.empty()
                                ? php::preload::automatic_list_file(settings.document_root)
                                : settings.preload_file;
  php.info = info_rows(settings);
  php.document_root = settings.document_root;
  php.request_body_bytes = settings.request_body_bytes;
  return php;
}

}  // namespace tusk::app::plan
