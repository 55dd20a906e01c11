#include "app/plan/live_settings.h"

namespace tusk::app::plan {

LiveSettings live_settings(const config::Settings& settings) {
  LiveSettings live;
  live.log_level = settings.log_level;
  live.slow_log = {.time = settings.slow_request, .memory_bytes = settings.slow_memory};
  live.stall_timeout = settings.stall_timeout;
  live.rate_limit.requests = settings.rate_limit;
  live.rate_limit.window = settings.rate_window;
  live.drain_delay = settings.drain_delay;
  live.drain_timeout = settings.drain_timeout;
  live.recycling = {.memory_bytes = settings.process_memory_limit,
                    .age = settings.process_max_age,
                    .lost_workers = settings.process_max_lost_workers,
                    .opcache_restarts = settings.process_max_opcache_restarts};
  return live;
}

}  // namespace tusk::app::plan
