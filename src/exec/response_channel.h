// ResponseChannel: the way back from the workers to one loop.
//
// A stack without locks: workers push exchanges that have news, the loop takes all at once. The
// loop is woken by an eventfd, and only when it has said that it sleeps: under load a response
// costs no system call here.
//
// Owner: the loop. Threads: post() any worker, the rest the loop.
#pragma once

#include <atomic>
#include <memory>

#include "base/result.h"
#include "base/unique_fd.h"
#include "exec/exchange.h"

namespace tusk::exec {

class ResponseChannel {
 public:
  static base::Result<std::unique_ptr<ResponseChannel>> create();

  // Worker: the exchange has news (Exchange::publish calls this).
  void post(Exchange& exchange);

  // Wakes the loop for another reason than news. Any thread.
  void wake();

  // Loop: calls `visit` for each exchange with news, oldest first. Returns how many there were.
  template <class Visit>
  std::size_t drain(Visit visit) {
    Exchange* list = take_all();
    std::size_t count = 0;
    while (list != nullptr) {
      Exchange* const next = list->next_;  // before visit: it may post or recycle the exchange
      visit(*list);
      list = next;
      ++count;
    }
    return count;
  }

  // Loop: says that it goes to sleep. False: there is news, do not. A wake-up that follows makes
  // wake_fd() readable.
  bool prepare_to_sleep();
  // Loop: is awake again.
  void awake();

  int wake_fd() const { return wake_fd_.get(); }
  // Loop: empties wake_fd() after it was readable.
  void clear_wake_fd();

 private:
  explicit ResponseChannel(base::UniqueFd wake_fd) : wake_fd_(std::move(wake_fd)) {}
  Exchange* take_all();

  std::atomic<Exchange*> head_{nullptr};
  std::atomic<bool> sleeping_{false};
  base::UniqueFd wake_fd_;
};

}  // namespace tusk::exec
