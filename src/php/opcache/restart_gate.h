// RestartGate: the moment at which OPcache restarts.
//
// Owner: the engine; outlives its visitors. Threads: want() and stats() any; a Visitor belongs to
// one worker.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"

namespace tusk::php::opcache {

// Finds a moment at which no worker runs a script, for a restart of the code cache that all workers
// share.
//
// Workers pass the gate before and after each request. Once a restart is wanted, arriving workers
// are held until the others have left. The last one to arrive is then alone, does the restart, and
// all continue. A long-running script must not stop the service: after Limits::hold the restart is
// put off, and requests pass (PHP runs them without its cache) until those scripts have ended and a
// pause is over. After each failed attempt the next hold is twice as long, up to a limit. The
// watchdog may end those scripts: delay_by() says how long each has delayed the restart, and
// leave_for_ever() that one will never run again.
//
// While no restart is wanted a request costs two atomic exchanges on a cache line of the worker's
// own.
class RestartGate {
 public:
  struct Limits {
    base::Duration hold = std::chrono::seconds(2);  // for the first attempt
    int longest_hold = 8;                           // for any attempt, as a multiple of the first
    // After a failed attempt, as a multiple of its hold.
    int pause = 10;
  };

  struct Stats {
    std::uint64_t restarts = 0;
    std::uint64_t put_off = 0;  // failed attempts
  };

  enum class Entry {
    kShared,  // others may be inside
    kAlone,   // no other is inside, or enters before restarted() or put_off()
  };

  class Visitor;

  explicit RestartGate(Limits limits) : limits_(limits), hold_(limits.hold) {}
  RestartGate(const RestartGate&) = delete;
  RestartGate& operator=(const RestartGate&) = delete;

  // A restart is due. Only an atomic operation, because callers hold locks of others.
  void want() noexcept { state_.fetch_or(kWanted, std::memory_order_seq_cst); }
  bool wanted() const noexcept { return (state_.load(std::memory_order_relaxed) & kWanted) != 0; }

  // An attempt is under way: a visitor that can leave should. Any thread.
  bool is_closing() const;

  Stats stats() const;

  // How long this visitor, which is still inside, has delayed a restart. Any thread, while the
  // visitor exists.
  std::optional<base::Duration> delay_by(const Visitor& visitor) const;
  // The delaying script is about to be ended: no pause follows once its visitor has left.
  void skip_pause();
  // The visitor's thread has stopped for ever. Any thread.
  void leave_for_ever(Visitor& visitor);

 private:
  enum class Attempt : std::uint8_t { kDone, kPutOff };

  static constexpr std::uint32_t kWanted = 1;
  static constexpr std::uint32_t kAlone = 2;  // a visitor is alone

  Entry enter_slowly(Visitor& visitor);
  void left(Visitor& visitor);
  void join(Visitor& visitor);
  void end_alone(Visitor& visitor, Attempt attempt);

  void add(Visitor& visitor);
  void remove(Visitor& visitor);

  bool anyone_inside() const TUSK_REQUIRES(mutex_);
  bool is_put_off() const TUSK_REQUIRES(mutex_);
  void wait(base::MutexLock& lock) TUSK_REQUIRES(mutex_);
  void put_off() TUSK_REQUIRES(mutex_);
  void log_put_off(std::size_t inside) TUSK_REQUIRES(mutex_);

  const Limits limits_;
  // Read by every request, written by restarts only.
  alignas(64) std::atomic<std::uint32_t> state_{0};
  std::atomic<std::uint64_t> restarts_{0};

  alignas(64) mutable base::Mutex mutex_;
  base::Condition changed_;
  std::vector<Visitor*> visitors_ TUSK_GUARDED_BY(mutex_);
  std::size_t waiting_ TUSK_GUARDED_BY(mutex_) = 0;
  std::size_t stragglers_ TUSK_GUARDED_BY(mutex_) = 0;  // inside since a failed attempt
  bool pause_skipped_ TUSK_GUARDED_BY(mutex_) = false;  // they are being ended
  // When the current attempt began.
  std::optional<base::MonotonicTime> held_since_ TUSK_GUARDED_BY(mutex_);
  base::MonotonicTime put_off_until_ TUSK_GUARDED_BY(mutex_){};
  base::Duration hold_ TUSK_GUARDED_BY(mutex_);
  std::uint64_t put_off_count_ TUSK_GUARDED_BY(mutex_) = 0;
  std::optional<base::MonotonicTime> last_logged_ TUSK_GUARDED_BY(mutex_);
};

// One worker's place at the gate. It is inside from its construction, because a worker's PHP
// globals are copied from shared data; so the worker leaves before it waits for its first request.
class alignas(64) RestartGate::Visitor {
 public:
  explicit Visitor(RestartGate& gate) : gate_(gate) { gate.add(*this); }
  ~Visitor() { gate_.remove(*this); }
  Visitor(const Visitor&) = delete;
  Visitor& operator=(const Visitor&) = delete;

  // Call it before a request; leave() comes after anything that the thread did before.
  Entry enter() {
    // want() writes state_ and then reads inside_ (in anyone_inside()); this function does the
    // reverse. Both are sequentially consistent, so at least one of the two sees the other.
    inside_.store(true, std::memory_order_seq_cst);
    held_ = gate_.state_.load(std::memory_order_seq_cst) != 0;
    if (!held_) [[likely]] {
      return Entry::kShared;
    }
    return gate_.enter_slowly(*this);
  }

  // Enters again without a request. Waits at most for the end of a restart.
  void join() { gate_.join(*this); }

  void leave() {
    inside_.store(false, std::memory_order_seq_cst);
    if (gate_.state_.load(std::memory_order_seq_cst) != 0) [[unlikely]] {
      gate_.left(*this);
    }
  }

  // Whether the last enter() may have waited.
  bool held() const { return held_; }
  RestartGate& gate() const { return gate_; }
  bool inside() const { return inside_.load(std::memory_order_relaxed); }

  // End being alone: the restart is done, or could not be done and is still wanted. The visitor
  // stays inside.
  void restarted() { gate_.end_alone(*this, Attempt::kDone); }
  void put_off() { gate_.end_alone(*this, Attempt::kPutOff); }

  // Whether there was a restart since the last call (or since the construction).
  bool missed_restart() {
    const std::uint64_t restarts = gate_.restarts_.load(std::memory_order_relaxed);
    const bool missed = restarts != seen_restarts_;
    seen_restarts_ = restarts;
    return missed;
  }

 private:
  friend class RestartGate;

  RestartGate& gate_;
  // Written by the worker, read by visitors that want to be alone.
  std::atomic<bool> inside_{false};
  bool held_ = false;                      // worker only
  bool straggler_ = false;                 // guarded by gate_.mutex_
  base::MonotonicTime straggles_since_{};  // guarded by gate_.mutex_
  std::uint64_t seen_restarts_ = 0;
};

}  // namespace tusk::php::opcache
