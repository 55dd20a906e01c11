#include "exec/observation/profiler.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <system_error>
#include <utility>

#include <pthread.h>
#include <time.h>

#include "base/blocked_signals.h"
#include "exec/pool/worker_pools.h"

namespace tusk::exec::observation {

namespace {

// When to look next.
class Pace {
 public:
  explicit Pace(base::MonotonicTime began)
      : random_(static_cast<std::uint64_t>(began.time_since_epoch().count()) | 1U),
        looked_(began) {}

  // After a look at `now`, which took `cost` of CPU time while scripts had used `used`.
  base::MonotonicTime next(base::MonotonicTime now, base::Duration cost, base::Duration used) {
    const base::Duration gap = std::max<base::Duration>(now - looked_, base::Duration(1));
    looked_ = now;
    const double processors =
        std::max(1.0, static_cast<double>(used.count()) / static_cast<double>(gap.count()));
    const auto affordable = base::Duration(static_cast<std::int64_t>(
        static_cast<double>(cost.count()) / (Profiler::kMostCost * processors)));
    // One expensive look is no reason to become slow.
    affordable_ = (3 * affordable_ + affordable) / 4;
    const base::Duration interval =
        std::min(std::max(scattered(), affordable_), Profiler::kLongestInterval);
    return now + interval;
  }

  base::Duration scattered() {
    // xorshift64 (Marsaglia).
    random_ ^= random_ << 13U;
    random_ ^= random_ >> 7U;
    random_ ^= random_ << 17U;
    const auto quarter = static_cast<std::uint64_t>(Profiler::kInterval.count() / 4);
    return Profiler::kInterval - base::Duration(quarter) +
           base::Duration(static_cast<std::int64_t>(random_ % (2 * quarter)));
  }

 private:
  std::uint64_t random_;
  base::MonotonicTime looked_;
  base::Duration affordable_{};
};

}  // namespace

Profiler::~Profiler() {
  end(Ended::kByProcess);
  std::thread thread;
  {
    const base::MutexLock lock(mutex_);
    thread = std::move(thread_);
  }
  if (thread.joinable()) thread.join();
}

bool Profiler::start(Order order, Done done) {
  const base::MutexLock lock(mutex_);
  if (active_) return false;
  // It has nothing left to do.
  if (thread_.joinable()) thread_.join();
  told_.reset();
  until_ = base::now() + order.length;
  try {
    const base::AllSignalsBlocked blocked;  // the thread inherits it
    thread_ = std::thread([this, order = std::move(order), done = std::move(done)]() mutable {
      run(std::move(order), std::move(done));
    });
  } catch (const std::system_error&) {
    return false;
  }
  active_ = true;
  return true;
}

std::optional<base::Duration> Profiler::left() {
  const base::MutexLock lock(mutex_);
  if (!active_) return std::nullopt;
  return std::max(until_ - base::now(), base::Duration());
}

void Profiler::end(Ended why) {
  {
    const base::MutexLock lock(mutex_);
    if (!told_) told_ = why;
  }
  news_.notify_all();
}

// False: it was told to end.
bool Profiler::wait_until(base::MonotonicTime when) {
  base::MutexLock lock(mutex_);
  while (!told_ && base::now() < when) news_.wait_until(lock, when);
  return !told_;
}

void Profiler::run(Order order, Done done) {
  ::pthread_setname_np(::pthread_self(), "tusk-profiler");
  const base::MonotonicTime began = base::now();
  const base::MonotonicTime until = began + order.length;
  ProfileSampler sampler([this](const ProfileSampler::Look& look) { pools_.visit_running(look); },
                         std::move(order.wants));
  Pace pace(began);
  base::MonotonicTime next = began + pace.scattered() / 2;
  while (wait_until(std::min(next, until)) && base::now() < until) {
    const base::Duration before = base::thread_cpu_time();
    const base::MonotonicTime now = base::now();
    sampler.tick(now);
    next = pace.next(now, base::thread_cpu_time() - before, sampler.cpu_seen());
  }
  const base::MonotonicTime ended = base::now();
  observe::profile::Profile profile = sampler.finish(ended);
  profile.seconds = base::seconds_between(began, ended);
  {
    const base::MutexLock lock(mutex_);
    if (told_) profile.ended = *told_;
  }
  done(std::move(profile));
  const base::MutexLock lock(mutex_);
  active_ = false;
}

}  // namespace tusk::exec::observation
