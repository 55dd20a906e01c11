// Loop: one thread's Asio loop, which runs in rounds.
//
// Owner: app::ServingLoop or the Supervisor. Thread: run() is the loop thread; stop() is called on
// it; post() any.
#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "base/clock.h"

namespace tusk::net {

// The object that a loop calls between its rounds.
class LoopClient {
 public:
  virtual ~LoopClient() = default;
  // Takes what other threads sent, publishes what this round made, and returns how much was taken.
  virtual std::size_t end_round() = 0;
  // Returns false if something arrived meanwhile: do not sleep. After true, every thread that sends
  // something makes a descriptor of the loop readable.
  virtual bool prepare_to_sleep() = 0;
  virtual void awake() = 0;
  // After prepare_to_sleep(): it has something to look at after that time. Zero: it has not.
  virtual base::Duration longest_sleep() { return {}; }
};

// A round runs the ready handlers and then lets its LoopClient take what other threads sent and
// publish what the handlers made. This batches hand-overs: the loop notifies other threads once a
// round, and they wake it only while it sleeps. A round ends even if clients send so fast that a
// handler is always ready, because other threads wait for what it publishes.
class Loop {
 public:
  boost::asio::io_context& io() { return io_; }
  // The time of this round. It is read at the first call, so it never predates a sleep.
  base::MonotonicTime now() {
    if (!now_is_fresh_) now_ = base::now();
    now_is_fresh_ = true;
    return now_;
  }

  void run(LoopClient& client) {
    while (!stopped_) {
      now_is_fresh_ = false;
      run_handlers();
      // Delivering messages can produce more of them, but no bytes: those come in the next round.
      while (client.end_round() > 0) {
      }
      // run_one() waits only if no handler is ready. The next round runs the others.
      if (!stopped_ && client.prepare_to_sleep()) {
        now_is_fresh_ = false;
        sleep(client.longest_sleep());
      }
      client.awake();
    }
  }
  void stop() { stopped_ = true; }
  // Calls `handler` in a later round. Any thread.
  void post(std::move_only_function<void()> handler) { boost::asio::post(io_, std::move(handler)); }

 private:
  friend class TestLoop;

  void sleep(base::Duration most) {
    if (most.count() == 0) {
      io_.run_one();
    } else {
      io_.run_one_for(most);
    }
  }

  // poll() would run handlers as long as there are any.
  void run_handlers() {
    base::MonotonicTime end{};
    for (int ran = 0; ran < kMaxHandlers && io_.poll_one() > 0; ++ran) {
      if (ran % kHandlersBetweenLooks != 0) continue;
      const base::MonotonicTime time = base::now();
      if (ran == 0) end = time + kMaxTime;
      if (time >= end) break;
    }
  }

  static constexpr int kMaxHandlers = 64;
  static constexpr int kHandlersBetweenLooks = 8;
  static constexpr base::Duration kMaxTime = std::chrono::milliseconds(2);

  boost::asio::io_context io_{1};  // one thread runs it
  base::MonotonicTime now_{};
  bool now_is_fresh_ = false;
  bool stopped_ = false;
};

}  // namespace tusk::net
