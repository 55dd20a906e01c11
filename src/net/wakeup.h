// Wakeup: what a connection's coroutine waits on: a set of flags that several sources raise.
//
// A connection waits for bytes, for room to write, for news from a worker and for its deadline at
// the same time; each raises its flag, and the coroutine goes on with those it asked for. A flag
// that nobody waits for stays raised until somebody does. raise() resumes the coroutine before it
// returns.
//
// Owner: a connection. Thread: its loop.
#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

namespace tusk::net {

class Wakeup {
 public:
  enum Flag : std::uint32_t {
    kReadable = 1,
    kWritable = 2,
    kReply = 4,     // a worker has news of the response
    kDeadline = 8,  // the time set for what is going on has passed
    kTurn = 16,     // others had their turn at the thread, and now it is this one's
    kCrowded = 32,  // others need the place
  };

  struct Awaiter {
    bool await_ready() const noexcept { return (wakeup.raised_ & mask) != 0; }
    void await_suspend(std::coroutine_handle<> handle) noexcept {
      wakeup.waiter_ = handle;
      wakeup.mask_ = mask;
    }
    std::uint32_t await_resume() const noexcept {
      const std::uint32_t flags = wakeup.raised_ & mask;
      wakeup.raised_ &= ~flags;
      return flags;
    }
    Wakeup& wakeup;
    std::uint32_t mask;
  };

  // Waits until one of `mask` is raised; returns those that were, and lowers them.
  Awaiter wait(std::uint32_t mask) noexcept { return Awaiter{*this, mask}; }

  void raise(std::uint32_t flags) {
    raised_ |= flags;
    if (waiter_ && (raised_ & mask_) != 0) std::exchange(waiter_, nullptr).resume();
  }
  void lower(std::uint32_t flags) noexcept { raised_ &= ~flags; }

 private:
  std::coroutine_handle<> waiter_ = nullptr;
  std::uint32_t mask_ = 0;
  std::uint32_t raised_ = 0;
};

}  // namespace tusk::net
