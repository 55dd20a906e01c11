// Wakeup: the events that a connection waits for.
//
// Owner: a connection. Thread: its loop.
#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

namespace tusk::net {

// A set of flags that a coroutine of a connection waits for. Several sources raise them.
//
// A connection waits for bytes, for room to write, for a worker and for its deadline at the same
// time. Each source raises its own flag, and the coroutine resumes with the flags that it asked
// for. A flag that no coroutine waits for stays raised until one does. raise() resumes the
// coroutine before it returns.
class Wakeup {
 public:
  enum Flag : std::uint32_t {
    kReadable = 1,      // the client has sent bytes, or closed
    kWritable = 2,      // there is room for more bytes to the client
    kReply = 4,         // a worker has changed the state of the response
    kDeadline = 8,      // the deadline has passed
    kTurn = 16,         // a TLS handshake may compute its next step
    kCrowded = 32,      // a TLS handshake must give its place to others
    kEncoded = 64,      // a file or text is compressed, or cannot be
    kListed = 128,      // a directory listing is made, or cannot be
    kStreams = 256,     // streams of an HTTP/2 connection have something to send, or have ended
    kDrainOver = 512,   // the drain has taken longer than drain_timeout
    kBrokenOff = 1024,  // no more of the response may be sent
    kBodyMade = 2048,   // a body that took long to make is made
    kAnnounced = 4096,  // a stream of events has something to send, or is to end
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

  // Waits until one of the flags in `mask` is raised. Returns the raised ones, and lowers them.
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
