// BackgroundThread: a thread for what a loop must not do itself, because it takes long or may wait
// for a disk: compressing files, listing directories, reading error pages. One job after the other:
// a burst of them must not take the cores that answer requests.
//
// Owner: the app, or who does one kind of work by it. Threads: submit() any; jobs run on its own,
// which begins with the first of them.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"

namespace tusk::base {

class BackgroundThread {
 public:
  using Job = std::move_only_function<void()>;

  // `name` is static, of 15 characters at most. No more than `max_pending` jobs wait.
  BackgroundThread(const char* name, std::size_t max_pending)
      : name_(name), max_pending_(max_pending) {}
  // Waits for the job that runs; those that wait are dropped.
  ~BackgroundThread();
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  // False: too many wait, or it has been stopped.
  bool submit(Job job);

  // As the destructor, but waits no longer than that. False: a job runs still (one that waits for a
  // file system that does not answer, say), and uses what it was given.
  bool stop(base::Duration patience);

 private:
  void run();

  const char* const name_;
  const std::size_t max_pending_;
  base::Mutex mutex_;
  base::Condition news_;
  std::deque<Job> jobs_ TUSK_GUARDED_BY(mutex_);
  bool stopping_ TUSK_GUARDED_BY(mutex_) = false;
  bool ended_ TUSK_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // begun under mutex_; the owner's once it is stopping
};

}  // namespace tusk::base
