#include "app/worker_settings.h"

#include <string>

#include "app/compression.h"

namespace tusk::app {

namespace {

exec::SpoolLimits spool_limits(const config::Settings& settings, exec::UnsentUsage& usage) {
  return {.memory_bytes = settings.response_memory_total_bytes,
          .disk_bytes = settings.response_disk_total_bytes,
          .directory = settings.temp_dir,
          .usage = &usage};
}

}  // namespace

exec::ResponseStore::Settings store_settings(const config::Settings& settings,
                                             exec::UnsentUsage& usage) {
  return {.limits = spool_limits(settings, usage),
          .client_percent = settings.response_client_percent,
          .workers = settings.php_workers};
}

exec::WorkerPoolSettings pool_settings(const config::Settings& settings, exec::ResponseStore* store,
                                       exec::UnsentUsage& usage) {
  exec::WorkerPoolSettings pool;
  pool.workers = static_cast<int>(settings.php_workers);
  pool.max_lost = settings.max_lost_workers;
  pool.lost_clients.per_client = settings.lost_workers_per_client;
  pool.stall_timeout = settings.stall_timeout;
  pool.worker.stack_bytes = settings.worker_stack_bytes;
  pool.worker.requests.max_requests = settings.worker_max_requests;
  pool.worker.requests.reply.buffer_bytes = settings.response_buffer_bytes;
  pool.worker.requests.reply.memory_bytes = settings.response_memory_bytes;
  pool.worker.requests.reply.spool_bytes = settings.response_spool_bytes;
  pool.worker.requests.reply.spool = spool_limits(settings, usage);
  pool.worker.requests.reply.store = store;
  pool.worker.requests.compression = compression_policy(settings);
  return pool;
}

config::Settings engine_settings(config::Settings settings, const files::CurrentRoot& root) {
  const std::string name = "opcache.revalidate_path";
  if (!root.follows_link()) return settings;
  for (const config::PhpDirective& directive : settings.php) {
    if (directive.name == name) return settings;
  }
  settings.php.push_back({.name = name, .value = "1"});
  return settings;
}

}  // namespace tusk::app
