#include "base/background_thread.h"

#include <exception>
#include <utility>

#include <pthread.h>

#include "base/blocked_signals.h"

namespace tusk::base {

BackgroundThread::~BackgroundThread() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
  }
  news_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool BackgroundThread::stop(base::Duration timeout) {
  const base::MonotonicTime until = base::now() + timeout;
  base::MutexLock lock(mutex_);
  stopping_ = true;
  news_.notify_all();
  if (!thread_.joinable()) return true;
  while (!ended_) {
    if (news_.wait_until(lock, until) == std::cv_status::timeout) break;
  }
  if (!ended_) return false;
  lock.unlock();
  thread_.join();
  return true;
}

bool BackgroundThread::submit(Job job) {
  {
    const base::MutexLock lock(mutex_);
    if (stopping_ || jobs_.size() >= max_pending_) return false;
    if (!thread_.joinable() && !start()) return false;
    jobs_.push_back(std::move(job));
  }
  news_.notify_one();
  return true;
}

// False: there is no memory for another thread, or the process may have none now. The next job
// tries again.
bool BackgroundThread::start() {
  const base::AllSignalsBlocked blocked;  // the thread inherits it
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::exception&) {
    return false;
  }
  return true;
}

void BackgroundThread::run() {
  ::pthread_setname_np(::pthread_self(), name_);
  for (;;) {
    Job job;
    {
      base::MutexLock lock(mutex_);
      while (!stopping_ && jobs_.empty()) news_.wait(lock);
      if (stopping_) {
        ended_ = true;
        news_.notify_all();
        return;
      }
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace tusk::base
