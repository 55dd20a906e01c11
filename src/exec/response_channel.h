// ResponseChannel: the way back from the workers to one loop.
//
// Owner: the loop. Threads: post() any worker, the rest the loop.
#pragma once

#include <atomic>
#include <memory>

#include "base/result.h"
#include "base/unique_fd.h"
#include "exec/exchange.h"
#include "exec/reply_channel.h"

namespace tusk::exec {

// It is a lock-free stack: workers push exchanges that have changed, the loop takes all at once.
// The loop is woken by an eventfd, and only if it has announced that it sleeps: under load a
// response costs no system call here.
class ResponseChannel final : public ReplyChannel {
 public:
  static base::Result<std::unique_ptr<ResponseChannel>> create();

  // Worker: posts an exchange that has changed. Called by Exchange::publish().
  void post(Exchange& exchange) override;
  void await_progress(Exchange& exchange, std::uint32_t seen, base::Duration most) override {
    exchange.sleep(seen, most);
  }

  // Wakes the loop for another reason. Any thread.
  void wake();

  // Loop: calls `visit` for each posted exchange, oldest first. Returns how many there were.
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

  // Loop: says that it is about to sleep. False: exchanges were posted, so it must not sleep. A
  // later wake-up makes wake_fd() readable.
  bool prepare_to_sleep();
  // Loop, before the first round: other processes look at this word whether the loop sleeps. It is
  // the number of the sleep, which grows; 0: the loop is awake.
  void show_sleep_in(std::atomic<std::uint64_t>& word) { shown_sleep_ = &word; }
  // Loop: says that it is awake again.
  void awake();

  int wake_fd() const { return wake_fd_.get(); }
  // Loop: empties wake_fd() after it was readable.
  void clear_wake_fd();

 private:
  explicit ResponseChannel(base::UniqueFd wake_fd) : wake_fd_(std::move(wake_fd)) {}
  Exchange* take_all();

  std::atomic<Exchange*> head_{nullptr};
  void show_sleep(std::uint64_t sleep);

  std::atomic<bool> sleeping_{false};
  std::atomic<std::uint64_t>* shown_sleep_ = nullptr;
  std::uint64_t sleeps_ = 0;  // how often the loop was about to sleep
  base::UniqueFd wake_fd_;
};

}  // namespace tusk::exec
