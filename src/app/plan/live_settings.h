// LiveSettings: the part of the plan that a reload can change while tusk serves. Each option behind
// it has Option::in_place.
//
// Thread: any; a value.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "clients/rate_limiter.h"
#include "config/settings.h"
#include "exec/observation/slow_log.h"
#include "observe/log.h"

namespace tusk::app::plan {

// When a server process asks to be replaced by another one. Zero: never.
struct RecycleLimits {
  std::uint64_t memory_bytes = 0;
  base::Duration age{};
  std::uint64_t lost_workers = 0;
  std::uint64_t opcache_restarts = 0;

  // Whether the operator has set one, beside that of lost workers, which has a default.
  bool any() const { return memory_bytes != 0 || age.count() != 0 || opcache_restarts != 0; }

  bool operator==(const RecycleLimits&) const = default;
};

struct LiveSettings {
  observe::Level log_level = observe::Level::kInfo;
  exec::observation::SlowLogSettings slow_log;
  base::Duration stall_timeout{};
  clients::RateLimiter::Settings rate_limit{.requests = 0};
  base::Duration drain_delay{};
  base::Duration drain_timeout{};
  RecycleLimits recycling;

  bool operator==(const LiveSettings&) const = default;
};

LiveSettings live_settings(const config::Settings& settings);

}  // namespace tusk::app::plan
