#include "php/opcache/restart_gate.h"

#include <algorithm>

#include "observe/log.h"

namespace tusk::php::opcache {

namespace {

constexpr std::chrono::seconds kLogInterval{10};

}  // namespace

RestartGate::Stats RestartGate::stats() const {
  const base::MutexLock lock(mutex_);
  return {.restarts = restarts_.load(std::memory_order_relaxed), .put_off = put_off_count_};
}

bool RestartGate::is_closing() const {
  if (!wanted()) return false;
  const base::MutexLock lock(mutex_);
  return !is_put_off();
}

std::optional<base::Duration> RestartGate::delay_by(const Visitor& visitor) const {
  if (!wanted()) return {};
  const base::MutexLock lock(mutex_);
  if (!visitor.straggler_) return {};
  return base::now() - visitor.straggles_since_;
}

void RestartGate::skip_pause() {
  const base::MutexLock lock(mutex_);
  pause_skipped_ = true;
}

void RestartGate::leave_for_ever(Visitor& visitor) {
  skip_pause();
  visitor.leave();
}

void RestartGate::add(Visitor& visitor) {
  {
    const base::MutexLock lock(mutex_);
    visitors_.push_back(&visitor);
    visitor.seen_restarts_ = restarts_.load(std::memory_order_relaxed);
  }
  join(visitor);
}

void RestartGate::remove(Visitor& visitor) {
  visitor.inside_.store(false, std::memory_order_seq_cst);
  left(visitor);
  const base::MutexLock lock(mutex_);
  std::erase(visitors_, &visitor);
}

RestartGate::Entry RestartGate::enter_slowly(Visitor& visitor) {
  base::MutexLock lock(mutex_);
  // A waiting visitor is not inside, although another may have taken it for inside a moment ago.
  visitor.inside_.store(false, std::memory_order_relaxed);
  changed_.notify_all();
  for (;;) {
    const std::uint32_t state = state_.load(std::memory_order_seq_cst);
    if (state == 0) break;
    if ((state & kAlone) == 0) {
      if (!anyone_inside()) {
        state_.store(kAlone, std::memory_order_seq_cst);
        held_since_.reset();
        visitor.inside_.store(true, std::memory_order_relaxed);
        return Entry::kAlone;
      }
      if (is_put_off()) break;
    }
    wait(lock);
  }
  visitor.inside_.store(true, std::memory_order_relaxed);
  return Entry::kShared;
}

// Waits until something changes, or until the attempt is given up.
void RestartGate::wait(base::MutexLock& lock) {
  ++waiting_;
  if ((state_.load(std::memory_order_relaxed) & kAlone) != 0) {
    changed_.wait(lock);
  } else {
    if (!held_since_) held_since_ = base::now();
    const base::MonotonicTime until = *held_since_ + hold_;
    changed_.wait_until(lock, until);
    // Another visitor may have ended this attempt meanwhile.
    if (held_since_ && base::now() >= *held_since_ + hold_ && anyone_inside()) put_off();
  }
  --waiting_;
}

bool RestartGate::anyone_inside() const {
  return std::ranges::any_of(visitors_, [](const Visitor* visitor) {
    return visitor->inside_.load(std::memory_order_seq_cst);
  });
}

bool RestartGate::is_put_off() const { return stragglers_ > 0 || base::now() < put_off_until_; }

void RestartGate::put_off() {
  std::size_t inside = 0;
  for (Visitor* const visitor : visitors_) {
    if (!visitor->inside_.load(std::memory_order_seq_cst)) continue;
    ++inside;
    if (visitor->straggler_) continue;
    visitor->straggler_ = true;
    visitor->straggles_since_ = base::now();
    ++stragglers_;
  }
  held_since_.reset();
  put_off_until_ = base::now() + hold_ * limits_.pause;
  ++put_off_count_;
  log_put_off(inside);
  hold_ = std::min(hold_ * 2, limits_.hold * limits_.longest_hold);
  changed_.notify_all();
}

void RestartGate::log_put_off(std::size_t inside) {
  const base::MonotonicTime now = base::now();
  if (last_logged_ && now - *last_logged_ < kLogInterval) return;
  last_logged_ = now;
  observe::warn(
      "OPcache's restart is put off because scripts run too long; requests run uncached until it "
      "is done",
      {{"scripts", inside}, {"waited_s", std::chrono::duration<double>(hold_).count()}});
}

void RestartGate::left(Visitor& visitor) {
  const base::MutexLock lock(mutex_);
  if (visitor.straggler_) {
    visitor.straggler_ = false;
    --stragglers_;
    if (stragglers_ == 0 && pause_skipped_) {
      pause_skipped_ = false;
      hold_ = limits_.hold;
      put_off_until_ = {};
    }
  }
  if (waiting_ > 0) changed_.notify_all();
}

void RestartGate::join(Visitor& visitor) {
  base::MutexLock lock(mutex_);
  while ((state_.load(std::memory_order_seq_cst) & kAlone) != 0) changed_.wait(lock);
  visitor.inside_.store(true, std::memory_order_seq_cst);
}

void RestartGate::end_alone(Visitor& visitor, Attempt attempt) {
  const base::MutexLock lock(mutex_);
  if (attempt == Attempt::kDone) {
    restarts_.fetch_add(1, std::memory_order_relaxed);
    visitor.seen_restarts_ = restarts_.load(std::memory_order_relaxed);
    hold_ = limits_.hold;
    put_off_until_ = {};
  } else {
    state_.fetch_or(kWanted, std::memory_order_seq_cst);
    put_off();
  }
  state_.fetch_and(~kAlone, std::memory_order_seq_cst);
  changed_.notify_all();
}

}  // namespace tusk::php::opcache
