// RecycleWatch: notices that this server process has reached a limit at which another one is to
// take its place. The supervisor decides when.
//
// Owner: Serving. Thread: main.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "app/live/process_memory.h"
#include "app/plan/live_settings.h"
#include "base/clock.h"
#include "supervisor/recycling/recycle_request.h"

namespace tusk::app::live {

class RecycleWatch {
 public:
  using Request = supervisor::recycling::RecycleRequest;

  // A request may get lost, for example at an upgrade of the supervisor.
  static constexpr base::Duration kAskAgain = std::chrono::minutes(1);
  // While a process is within its limit, measuring its proportional memory may take at most
  // 1/kMeasuringShare of the time.
  static constexpr int kMeasuringShare = 500;
  // So many looks in a row must find too much memory: a single script is no reason.
  static constexpr int kLooks = 2;

  // How memory is measured; tests have other functions.
  struct Memory {
    std::function<ResidentMemory()> resident = [] { return resident_memory(); };
    // Nothing: it is being measured, on another thread.
    std::function<std::optional<ProportionalMemory>()> proportional = [] {
      return proportional_memory();
    };
  };
  struct Counts {
    std::uint64_t lost_workers = 0;
    std::uint64_t opcache_restarts = 0;
    std::uint64_t changed_code = 0;  // files that PHP has preloaded, or the document root
  };

  // `jitter`, from 0 to 1, says how much earlier than its greatest age this process asks, so that
  // not all ask at once.
  RecycleWatch(const plan::RecycleLimits& limits, base::MonotonicTime started, double jitter,
               Memory memory);

  // Forgets earlier requests, because the supervisor forgets them, too.
  void change(const plan::RecycleLimits& limits) {
    limits_ = limits;
    asked_.reset();
  }

  // To be called about once a second. Returns what to tell the supervisor.
  std::optional<Request> look(base::MonotonicTime now, const Counts& counts);

 private:
  std::optional<Request> reason(base::MonotonicTime now, const Counts& counts);
  std::optional<Request> memory_reason(base::MonotonicTime now);
  enum class Amount : std::uint8_t { kWithin, kOver, kNotKnownYet };
  struct MemoryLook {
    Amount amount = Amount::kWithin;
    std::uint64_t bytes = 0;
  };
  MemoryLook look_at_memory(base::MonotonicTime now);

  plan::RecycleLimits limits_;
  const base::MonotonicTime started_;
  const double jitter_;
  const Memory memory_;
  base::MonotonicTime next_measurement_{};
  int looks_over_ = 0;
  std::optional<base::MonotonicTime> asked_;
};

}  // namespace tusk::app::live
