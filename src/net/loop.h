// Loop: one thread's Asio loop, with a place between its rounds.
//
// A round runs the handlers that are ready, then asks its LoopClient to take what came from other
// threads and to publish what the handlers made. So hand-overs are batched: the loop tells other
// threads once a round, and others wake it only while it sleeps. A round has an end also where
// clients send so fast that some handler is always ready: others wait for what it publishes.
//
// Owner: the app. Thread: run() is the loop thread; stop() is called on it; post() is for any.
#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "base/clock.h"

namespace tusk::net {

class LoopClient {
 public:
  virtual ~LoopClient() = default;
  // Takes what other threads sent and publishes what this round made. Returns how much was taken.
  virtual std::size_t end_round() = 0;
  // False: something came meanwhile, do not sleep. True: whoever sends something from now on
  // makes a descriptor of the loop readable.
  virtual bool prepare_to_sleep() = 0;
  virtual void awake() = 0;
};

class Loop {
 public:
  boost::asio::io_context& io() { return io_; }
  // The time of this round: read once, when a handler first asks, so never from before a sleep.
  base::MonotonicTime now() {
    if (!now_is_fresh_) now_ = base::now();
    now_is_fresh_ = true;
    return now_;
  }

  void run(LoopClient& client) {
    while (!stopped_) {
      now_is_fresh_ = false;
      run_handlers();
      // Handing out news can make more of it, never more bytes: those come in the next round.
      while (client.end_round() > 0) {
      }
      // run_one() waits only if no handler is ready; the next round runs the others.
      if (!stopped_ && client.prepare_to_sleep()) {
        now_is_fresh_ = false;
        io_.run_one();
      }
      client.awake();
    }
  }
  void stop() { stopped_ = true; }
  // Calls `handler` in a later round. Any thread.
  void post(std::move_only_function<void()> handler) { boost::asio::post(io_, std::move(handler)); }

 private:
  // poll() would go on for as long as there are any.
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
