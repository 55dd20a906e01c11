#include "app/plan/process_plan.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "app/plan/php_settings.h"
#include "app/plan/preload_lists.h"
#include "app/plan/spool_limits.h"
#include "app/plan/tls_settings.h"

namespace tusk::app::plan {

namespace {

base::Result<base::access::AccessFormat> access_format(const config::Settings& settings) {
  const bool json = settings.log_format == config::LogFormat::kJson;
  const std::string_view by_default = json ? "json" : "text";
  return base::access::parse_access_format(
      settings.access_log_format.empty() ? by_default : settings.access_log_format);
}

server::telemetry::Telemetry::Traces traces(const config::Settings& settings) {
  using Traces = server::telemetry::Telemetry::Traces;
  switch (settings.trace_context) {
    case config::TraceContext::kAuto:
      return settings.otlp_endpoint.empty() ? Traces::kOff : Traces::kFromAnyone;
    case config::TraceContext::kOn:
      return Traces::kFromAnyone;
    case config::TraceContext::kTrusted:
      return Traces::kFromTrusted;
    case config::TraceContext::kOff:
      break;
  }
  return Traces::kOff;
}

base::Result<std::shared_ptr<const server::telemetry::Telemetry>> telemetry_of(
    const config::Settings& settings, const base::access::AccessFormat& format,
    observe::tracing::SpanQueue* spans) {
  using base::access::AccessField;
  auto telemetry = std::make_shared<server::telemetry::Telemetry>();
  telemetry->passes_request_id = settings.request_id;
  if (settings.access_log) {
    telemetry->measures = {.time = format.uses(AccessField::kPhpTime),
                           .cpu = format.uses(AccessField::kCpuTime),
                           .memory = format.uses(AccessField::kMemoryPeak)};
  }
  telemetry->traces = traces(settings);
  telemetry->trace_sample = settings.trace_sample;
  telemetry->spans = spans;
  if (spans != nullptr) telemetry->measures.time = telemetry->measures.memory = true;
  telemetry->access_sample = settings.access_log_sample;
  telemetry->access_slow = settings.access_log_slow;
  auto excluded =
      rules::PathList::compile(settings.access_log_exclude, rules::PathList::Extent::kBeneath);
  if (!excluded) return base::fail("access_log_exclude: " + excluded.error().message);
  telemetry->access_excluded = std::move(*excluded);
  return telemetry;
}

server::handshake::HandshakeQueue::Limits handshake_limits(const config::Settings& settings) {
  constexpr std::uint64_t kLeastUnanswered = 64;  // a distant client needs a round trip
  return {.waiting = settings.tls_max_handshakes,
          .unanswered = std::max(settings.tls_max_handshakes / 4, kLeastUnanswered)};
}

base::Result<DevelopmentPlan> development_plan(const config::Settings& settings) {
  DevelopmentPlan plan{.watched = {},
                       .polls = settings.watch_polling,
                       .hot_reload = settings.hot_reload,
                       .several_processes = settings.processes > 1};
  if (settings.watch.empty()) return plan;
  std::error_code error;
  const std::string here = std::filesystem::current_path(error).string();
  if (error) return base::fail("watch: the working directory does not exist");
  auto globs = development::WatchGlobs::compile(settings.watch, here, settings.document_root);
  if (!globs) return std::unexpected(globs.error());
  plan.watched = std::make_shared<const development::WatchGlobs>(std::move(*globs));
  return plan;
}

}  // namespace

std::string default_php_host() {
  std::error_code failed;
  const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe", failed);
  return (own.parent_path() / "tusk-php-host").string();
}

std::uint64_t ProcessPlan::workers() const {
  std::uint64_t workers = 0;
  for (const PoolPlan& pool : pools)
    workers += static_cast<std::uint64_t>(pool.workers.max_workers);
  return workers;
}

bool ProcessPlan::has_threads() const {
  return std::ranges::any_of(pools, [](const PoolPlan& pool) { return pool.php_host.empty(); });
}

bool ProcessPlan::has_processes() const {
  return std::ranges::any_of(pools, [](const PoolPlan& pool) { return !pool.php_host.empty(); });
}

base::process::Keep ProcessPlan::kept_rights() const {
  const bool any_host_changes = std::ranges::any_of(pools, [&](const PoolPlan& pool) {
    return !pool.php_host.empty() && (pool.user != user || !pool.chroot.empty());
  });
  return any_host_changes ? base::process::Keep::kUserChange : base::process::Keep::kNothing;
}

base::Result<ProcessPlan> process_plan(const config::Settings& settings) {
  ProcessPlan plan;
  plan.live = live_settings(settings);
  plan.log = {.format = settings.log_format,
              .level = settings.log_level,
              .service_name = settings.service_name,
              .priority_prefix = settings.log_priority_prefix,
              .message_name = settings.octane_admin ? observe::MessageName::kMsg
                                                    : observe::MessageName::kMessage};
  plan.log_file = settings.log_file;
  const auto format = access_format(settings);
  if (!format) return std::unexpected(format.error());
  plan.access_log = {.enabled = settings.access_log,
                     .format = *format,
                     .service_name = settings.service_name,
                     .file = settings.access_log_file};
  if (!settings.otlp_endpoint.empty()) {
    auto collector = base::tracing::parse_collector_url(settings.otlp_endpoint);
    if (!collector) return base::fail("otlp_endpoint: " + collector.error().message);
    plan.collector = std::move(*collector);
    plan.spans = std::make_shared<observe::tracing::SpanQueue>();
  }
  auto telemetry = telemetry_of(settings, *format, plan.spans.get());
  if (!telemetry) return std::unexpected(telemetry.error());
  plan.telemetry = std::move(*telemetry);
  plan.user = {.user = settings.user, .group = settings.group};
  plan.processes = settings.supervisor ? settings.processes : 1;
  plan.io_threads = settings.io_threads;
  plan.internal_address = settings.internal_addr;
  plan.internal_socket = net::listen_options(settings.listen_backlog, settings.internal_mode,
                                             settings.listen_owner, settings.listen_group);
  plan.internal_token_file = settings.internal_token_file;
  plan.octane_admin = settings.octane_admin;
  plan.control_socket = settings.control_socket;
  plan.wants_crash_files = !settings.crash_dir.empty();
  plan.warm_up_timeout = settings.warm_up_timeout;
  if (settings.executor != config::Executor::kStub) plan.php = php_settings(settings);
  plan.pools = pool_plans(settings);
  divide_preload_lists(plan);
  plan.responses = {.limits = spool_limits(settings),
                    .client_percent = settings.response_client_percent,
                    .workers = plan.workers()};
  plan.admission = {.connections = settings.max_connections,
                    .per_client = settings.max_connections_per_client};
  plan.handshakes = handshake_limits(settings);
  plan.file_cache = {.entries = settings.file_cache_entries,
                     .memory_bytes = settings.file_cache_bytes,
                     .descriptors = settings.file_cache_descriptors,
                     .validity = settings.file_cache_validity};
  auto development = development_plan(settings);
  if (!development) return std::unexpected(development.error());
  plan.development = std::move(*development);
  plan.has_certificate = settings.has_certificate();
  plan.tls = tls_settings(settings);
  return plan;
}

}  // namespace tusk::app::plan
