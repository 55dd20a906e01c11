// BackgroundThread: a thread for the slow and blocking jobs of a loop.
//
// Owner: app::Serving, or the component that has such jobs. Thread: submit() any; the jobs run on
// the object's own thread, which starts with the first job.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"

namespace tusk::base {

// Runs jobs that a loop must not run itself because they take long or may wait for a disk:
// compressing files, listing directories, reading error pages. It runs one job at a time, so that a
// burst of jobs does not take the cores that answer requests.
class BackgroundThread {
 public:
  using Job = std::move_only_function<void()>;

  // `name` is static and has at most 15 characters. At most `max_pending` jobs wait.
  BackgroundThread(const char* name, std::size_t max_pending)
      : name_(name), max_pending_(max_pending) {}
  // Waits for the running job and drops the pending ones.
  ~BackgroundThread();
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  // Returns false when too many jobs wait, when the thread cannot be started because the process or
  // its cgroup has as many as it may, or after stop().
  bool submit(Job job);

  // Ends the thread, but waits for at most `timeout`. Returns false when a job still runs (for
  // example because it waits for a file system that does not answer) and still uses its data.
  bool stop(base::Duration timeout);

 private:
  bool start() TUSK_REQUIRES(mutex_);
  void run();

  const char* const name_;
  const std::size_t max_pending_;
  base::Mutex mutex_;
  base::Condition news_;
  std::deque<Job> jobs_ TUSK_GUARDED_BY(mutex_);
  bool stopping_ TUSK_GUARDED_BY(mutex_) = false;
  bool ended_ TUSK_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // started under mutex_; the owner's once stopping_ is set
};

}  // namespace tusk::base
