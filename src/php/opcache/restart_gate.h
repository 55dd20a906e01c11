// RestartGate: finds a moment at which no worker runs a script, for a restart of the code cache
// that all of them share.
//
// Workers pass it before and after each request. Once a restart is wanted, those that come are held
// until the others have left; the last one to come then finds itself alone, does the restart, and
// all go on. A script that runs for long must not stop the service: after Limits::hold the restart
// is put off, and requests pass (PHP runs them without its cache) until those scripts have ended
// and a pause is over. Each time it is put off, the next hold may be twice as long, up to a limit.
// Whoever looks after the workers may end those scripts: delay_by() says for how long each has been
// in the way, and leave_for_ever() that one will never run again.
//
// Owner: the engine; outlives its visitors. Threads: want() and stats() any; a Visitor belongs to
// one worker. Without a restart a request costs two exchanges on a cache line of the worker's own.
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

class RestartGate {
 public:
  struct Limits {
    base::Duration hold = std::chrono::seconds(2);  // of the first attempt
    int longest_hold = 8;                           // of any attempt, in first ones
    int pause = 10;                                 // after an attempt in vain, in its holds
  };

  struct Stats {
    std::uint64_t restarts = 0;
    std::uint64_t put_off = 0;  // attempts in vain
  };

  enum class Entry {
    kShared,  // others may be inside
    kAlone,   // nobody is, or comes in before restarted() or put_off()
  };

  class Visitor;

  explicit RestartGate(Limits limits) : limits_(limits), hold_(limits.hold) {}
  RestartGate(const RestartGate&) = delete;
  RestartGate& operator=(const RestartGate&) = delete;

  // A restart is due. Nothing but an atomic operation: called with locks of others held.
  void want() noexcept { state_.fetch_or(kWanted, std::memory_order_seq_cst); }
  bool wanted() const noexcept { return (state_.load(std::memory_order_relaxed) & kWanted) != 0; }

  Stats stats() const;

  // For how long a restart has been put off by this visitor, which is still inside. Any thread,
  // while the visitor is there.
  std::optional<base::Duration> delay_by(const Visitor& visitor) const;
  // It is about to be ended for that: no pause follows when it has left.
  void hurry();
  // Of a visitor whose thread has stopped for ever. Any thread.
  void leave_for_ever(Visitor& visitor);

 private:
  static constexpr std::uint32_t kWanted = 1;
  static constexpr std::uint32_t kAlone = 2;  // somebody is alone

  Entry enter_slowly(Visitor& visitor);
  void left(Visitor& visitor);
  void join(Visitor& visitor);
  void end_alone(Visitor& visitor, bool restarted);

  void add(Visitor& visitor);
  void remove(Visitor& visitor);

  bool anyone_inside() const TUSK_REQUIRES(mutex_);
  bool is_put_off() const TUSK_REQUIRES(mutex_);
  void wait(base::MutexLock& lock) TUSK_REQUIRES(mutex_);
  void put_off() TUSK_REQUIRES(mutex_);
  void say_put_off(std::size_t inside) TUSK_REQUIRES(mutex_);

  const Limits limits_;
  // Read by every request, written by restarts only.
  alignas(64) std::atomic<std::uint32_t> state_{0};
  std::atomic<std::uint64_t> restarts_{0};

  alignas(64) mutable base::Mutex mutex_;
  base::Condition changed_;
  std::vector<Visitor*> visitors_ TUSK_GUARDED_BY(mutex_);
  std::size_t waiting_ TUSK_GUARDED_BY(mutex_) = 0;
  std::size_t stragglers_ TUSK_GUARDED_BY(mutex_) = 0;  // inside since an attempt in vain
  bool hurried_ TUSK_GUARDED_BY(mutex_) = false;        // they are being ended
  // The attempt under way.
  std::optional<base::MonotonicTime> held_since_ TUSK_GUARDED_BY(mutex_);
  base::MonotonicTime put_off_until_ TUSK_GUARDED_BY(mutex_){};
  base::Duration hold_ TUSK_GUARDED_BY(mutex_);
  std::uint64_t put_off_count_ TUSK_GUARDED_BY(mutex_) = 0;
  std::optional<base::MonotonicTime> last_said_ TUSK_GUARDED_BY(mutex_);
};

// One worker's place. It is inside from its construction on, since a worker's PHP globals come from
// what all share; so the worker leaves before it waits for its first request.
class alignas(64) RestartGate::Visitor {
 public:
  explicit Visitor(RestartGate& gate) : gate_(gate) { gate.add(*this); }
  ~Visitor() { gate_.remove(*this); }
  Visitor(const Visitor&) = delete;
  Visitor& operator=(const Visitor&) = delete;

  // Before a request. What came before it on this thread: leave().
  Entry enter() {
    // want() writes state_ and then reads inside_ (in anyone_inside()); this does the reverse. Both
    // are sequentially consistent, so at least one of the two sees the other.
    inside_.store(true, std::memory_order_seq_cst);
    held_ = gate_.state_.load(std::memory_order_seq_cst) != 0;
    if (!held_) [[likely]] {
      return Entry::kShared;
    }
    return gate_.enter_slowly(*this);
  }

  // In again without a request; waits for no more than the end of a restart.
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

  // The end of being alone: it is done, or it could not be and is still wanted. Stays inside.
  void restarted() { gate_.end_alone(*this, true); }
  void put_off() { gate_.end_alone(*this, false); }

  // Whether there was a restart since this was asked last (or since the construction).
  bool missed_restart() {
    const std::uint64_t restarts = gate_.restarts_.load(std::memory_order_relaxed);
    const bool missed = restarts != seen_restarts_;
    seen_restarts_ = restarts;
    return missed;
  }

 private:
  friend class RestartGate;

  RestartGate& gate_;
  std::atomic<bool> inside_{false};  // written by the worker, read by those who want to be alone
  bool held_ = false;                // worker only
  bool straggler_ = false;           // guarded by gate_.mutex_
  base::MonotonicTime straggles_since_{};  // the same
  std::uint64_t seen_restarts_ = 0;
};

}  // namespace tusk::php::opcache
