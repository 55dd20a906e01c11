#include "launcher/configuration.h"

#include <utility>

#include "config/effective_values.h"
#include "config/pool.h"
#include "net/listen_options.h"

namespace tusk::launcher {

observe::LogSettings log_settings(const config::Settings& settings) {
  return {.format = settings.log_format,
          .level = settings.log_level,
          .service_name = settings.service_name,
          .writer = observe::LogWriter::kCaller,
          .priority_prefix = settings.log_priority_prefix,
          .message_name =
              settings.octane_admin ? observe::MessageName::kMsg : observe::MessageName::kMessage};
}

supervisor::Configuration supervisor_configuration(config::Loaded loaded) {
  config::Settings& settings = loaded.settings;
  supervisor::Configuration configuration;
  configuration.values = config::effective_values(loaded);
  configuration.log_level = settings.log_level;
  configuration.warm_up_timeout = settings.warm_up_timeout;
  configuration.listen.assign(settings.listen.begin(), settings.listen.end());
  configuration.internal = std::move(settings.internal_addr);
  configuration.listen_options = net::listen_options(settings.listen_backlog, settings.listen_mode,
                                                     settings.listen_owner, settings.listen_group);
  configuration.internal_options =
      net::listen_options(settings.listen_backlog, settings.internal_mode, settings.listen_owner,
                          settings.listen_group);
  configuration.processes = settings.processes;
  configuration.user = {.user = settings.user, .group = settings.group};
  configuration.log_files = {settings.log_file, settings.access_log_file};
  configuration.crash_directory = std::move(settings.crash_dir);
  // Each pool may have lost workers, and a successor beside the worker whose place it takes.
  configuration.workers =
      config::all_workers(settings) + (settings.pools.size() + 1) * (settings.max_lost_workers + 1);
  configuration.drain_delay = settings.drain_delay;
  configuration.drain_timeout = settings.drain_timeout;
  configuration.control_socket = std::move(settings.control_socket);
  configuration.file_text = std::move(loaded.file_text);
  return configuration;
}

supervisor::Loader loader_of(config::Sources sources) {
  return [sources = std::move(
              sources)]() -> std::expected<supervisor::Configuration, std::vector<std::string>> {
    config::Loaded loaded = config::load(sources);
    if (loaded.errors.empty()) return supervisor_configuration(std::move(loaded));
    std::vector<std::string> reasons;
    for (const config::Problem& problem : loaded.errors) reasons.push_back(problem.message);
    return std::unexpected(std::move(reasons));
  };
}

supervisor::TextLoader loader_of_text(config::Sources sources) {
  return [sources = std::move(sources)](const std::optional<std::string>& file_text) {
    config::Sources with_text = sources;
    with_text.file_text = file_text;
    return supervisor_configuration(config::load(with_text));
  };
}

}  // namespace tusk::launcher
