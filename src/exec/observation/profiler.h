// Profiler: takes profiles of what all workers do, one at a time.
//
// Owner: app::Serving. Threads: start(), left(), end() any; sampling a thread of its own, which
// exists only while a profile is taken.
#pragma once

#include <functional>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "exec/observation/profile_sampler.h"
#include "observe/profile/profile.h"

namespace tusk::exec::pool {
class WorkerPools;
}

namespace tusk::exec::observation {

class Profiler {
 public:
  using Ended = observe::profile::Ended;
  using Done = std::move_only_function<void(observe::profile::Profile)>;

  // 99 times a second, and not 100, so that it does not keep step with what scripts do. Each look
  // comes up to a quarter of that earlier or later.
  static constexpr base::Duration kInterval = std::chrono::nanoseconds(1'000'000'000 / 99);
  // Looks that cost more than this part of the CPU time that scripts use, or of one processor if
  // that is more, become rarer, but not rarer than every kLongestInterval.
  static constexpr double kMostCost = 0.01;
  static constexpr base::Duration kLongestInterval = std::chrono::milliseconds(100);

  explicit Profiler(const pool::WorkerPools& pools) : pools_(pools) {}
  // Ends the profile that is being taken.
  ~Profiler();
  Profiler(const Profiler&) = delete;
  Profiler& operator=(const Profiler&) = delete;

  struct Order {
    base::Duration length{};
    ProfileSampler::Wants wants{};
  };
  // Begins a profile. Its thread calls `done`. False: another one is being taken, or there is no
  // memory for the thread.
  bool start(Order order, Done done);
  // How long the profile that is being taken goes on. Nothing: none is.
  std::optional<base::Duration> left();
  // Ends the profile early: `done` gets what there is. Nothing happens if none is being taken.
  void end(Ended why);

 private:
  void run(Order order, Done done);
  bool wait_until(base::MonotonicTime when);

  const pool::WorkerPools& pools_;
  base::Mutex mutex_;
  base::Condition news_;
  bool active_ TUSK_GUARDED_BY(mutex_) = false;
  std::optional<Ended> told_ TUSK_GUARDED_BY(mutex_);  // to end early
  base::MonotonicTime until_ TUSK_GUARDED_BY(mutex_){};
  std::thread thread_ TUSK_GUARDED_BY(mutex_);
};

}  // namespace tusk::exec::observation
