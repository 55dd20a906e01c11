#include "app/plan/process_plan.h"

#include <algorithm>

#include "app/plan/php_settings.h"
#include "app/plan/tls_settings.h"

namespace tusk::app::plan {

namespace {

exec::SpoolLimits spool_limits(const config::Settings& settings) {
  exec::SpoolLimits limits;
  limits.memory_bytes = settings.response_memory_total_bytes;
  limits.disk_bytes = settings.response_disk_total_bytes;
  limits.directory = settings.temp_dir;
  return limits;
}

exec::WorkerPoolSettings worker_settings(const config::Settings& settings) {
  exec::WorkerPoolSettings pool;
  pool.workers = static_cast<int>(settings.php_workers);
  pool.max_lost = settings.max_lost_workers;
  pool.lost_clients.per_client = settings.lost_workers_per_client;
  pool.stall_timeout = settings.stall_timeout;
  pool.slow_log.time = settings.slow_request;
  pool.slow_log.memory_bytes = settings.slow_memory;
  pool.worker.stack_bytes = settings.worker_stack_bytes;
  pool.worker.requests.max_requests = settings.worker_max_requests;
  pool.worker.requests.reply.buffer_bytes = settings.response_buffer_bytes;
  pool.worker.requests.reply.memory_bytes = settings.response_memory_bytes;
  pool.worker.requests.reply.spool_bytes = settings.response_spool_bytes;
  pool.worker.requests.reply.spool = spool_limits(settings);
  return pool;
}

std::optional<clients::RateLimiter::Settings> rate_limit(const config::Settings& settings) {
  if (settings.rate_limit == 0) return std::nullopt;
  clients::RateLimiter::Settings limit;
  limit.requests = settings.rate_limit;
  limit.window = settings.rate_window;
  return limit;
}

server::handshake::HandshakeQueue::Limits handshake_limits(const config::Settings& settings) {
  constexpr std::uint64_t kLeastUnanswered = 64;  // a distant client needs a round trip
  return {.waiting = settings.tls_max_handshakes,
          .unanswered = std::max(settings.tls_max_handshakes / 4, kLeastUnanswered)};
}

}  // namespace

ProcessPlan process_plan(const config::Settings& settings) {
  ProcessPlan plan;
  plan.log = {.format = settings.log_format,
              .level = settings.log_level,
              .service_name = settings.service_name};
  plan.access_log = {.enabled = settings.access_log,
                     .format = settings.log_format,
                     .service_name = settings.service_name};
  plan.io_threads = settings.io_threads;
  plan.drain_delay = settings.drain_delay;
  plan.drain_timeout = settings.drain_timeout;
  plan.internal_address = settings.internal_addr;
  plan.internal_socket = net::listen_options(settings.listen_backlog, settings.internal_mode,
                                             settings.listen_owner, settings.listen_group);
  plan.internal_token_file = settings.internal_token_file;
  plan.warm_up_timeout = settings.warm_up_timeout;
  plan.queue_capacity = settings.queue_capacity;
  if (settings.executor != config::Executor::kStub) plan.php = php_settings(settings);
  plan.workers = worker_settings(settings);
  plan.responses = {.limits = spool_limits(settings),
                    .client_percent = settings.response_client_percent,
                    .workers = settings.php_workers};
  plan.admission = {.connections = settings.max_connections,
                    .per_client = settings.max_connections_per_client};
  plan.rate_limit = rate_limit(settings);
  plan.handshakes = handshake_limits(settings);
  plan.file_cache = {.entries = settings.file_cache_entries,
                     .memory_bytes = settings.file_cache_bytes,
                     .descriptors = settings.file_cache_descriptors,
                     .validity = settings.file_cache_validity};
  plan.has_certificate = settings.has_certificate();
  plan.tls = tls_settings(settings);
  return plan;
}

}  // namespace tusk::app::plan
