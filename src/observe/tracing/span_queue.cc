#include "observe/tracing/span_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tusk::observe::tracing {

using std::chrono::steady_clock;

bool SpanQueue::push(RequestTrace&& trace) noexcept {
  bool wake = false;
  try {
    const base::MutexLock lock(mutex_);
    if (closed_ || waiting_.size() >= kMaxWaiting) return false;
    waiting_.push_back(std::move(trace));
    wake = waiting_.size() == 1 || waiting_.size() == kBatch;
  } catch (...) {  // out of memory
    return false;
  }
  if (wake) news_.notify_one();
  return true;
}

std::vector<RequestTrace> SpanQueue::take() {
  base::MutexLock lock(mutex_);
  while (!closed_ && waiting_.empty()) news_.wait(lock);
  const auto until = steady_clock::now() + kLinger;
  while (!closed_ && waiting_.size() < kBatch) {
    if (news_.wait_until(lock, until) == std::cv_status::timeout) break;
  }
  const auto end =
      waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kBatch));
  std::vector<RequestTrace> batch(std::make_move_iterator(waiting_.begin()),
                                  std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  return batch;
}

bool SpanQueue::sleep(std::chrono::milliseconds time) {
  base::MutexLock lock(mutex_);
  const auto until = steady_clock::now() + time;
  while (!closed_) {
    if (news_.wait_until(lock, until) == std::cv_status::timeout) return !closed_;
  }
  return false;
}

void SpanQueue::close() noexcept {
  {
    const base::MutexLock lock(mutex_);
    closed_ = true;
  }
  news_.notify_all();
}

bool SpanQueue::closed() const noexcept {
  const base::MutexLock lock(mutex_);
  return closed_;
}

}  // namespace tusk::observe::tracing
