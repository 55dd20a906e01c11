// LineWriter: lines from any thread, written to a descriptor by a thread of its own.
//
// Owner: the log and the access log have one each, which are never destroyed (a thread that hangs
// in write(2) cannot be joined). Thread: append, flush, emergency_flush any.
//
// One write carries as many whole lines as fit in what the descriptor takes atomically (PIPE_BUF
// for pipes), so lines of several processes on one stderr do not mix. Lines that are not urgent
// wait `kLinger` for company: at 70,000 access lines a second that is 100 wake-ups instead of
// 70,000. When nobody reads, up to `kPendingBytes` are kept, and then new lines are dropped and
// counted: the old ones tell how it began.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "base/mutex.h"

namespace tusk::observe {

class LineWriter {
 public:
  static constexpr std::size_t kPendingBytes = std::size_t{4} * 1024 * 1024;
  static constexpr std::chrono::milliseconds kLinger{10};

  explicit LineWriter(int fd) noexcept;
  ~LineWriter();  // writes what is pending, waiting for the reader as long as it takes
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // Until then append() writes by itself. `on_loss` is called by the writing thread with how many
  // lines were lost since the last time, once there is room again. A second start does nothing.
  void start(std::function<void(std::uint64_t lost)> on_loss = {});

  // One or more whole lines, each with its newline.
  void append(std::string_view lines, bool urgent) noexcept;

  // Waits until what was appended before is written. False: not within `timeout`.
  bool flush(std::chrono::milliseconds timeout) noexcept;

  // In a handler of a fatal signal: writes what is pending if no lock and no reader must be waited
  // for.
  void emergency_flush() noexcept;

  std::uint64_t lines_lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

  // Around fork(), through pthread_atfork. The child has no writing thread and writes at once.
  void lock_for_fork() noexcept TUSK_ACQUIRE(mutex_) { mutex_.lock(); }
  void unlock_in_parent() noexcept TUSK_RELEASE(mutex_) { mutex_.unlock(); }
  void unlock_in_child() noexcept TUSK_RELEASE(mutex_);

 private:
  void run();
  void report_loss();
  bool write_lines(std::string_view lines) noexcept;
  bool write_piece(std::string_view piece) noexcept;
  void count_lost(std::string_view lines) noexcept;

  const int fd_;
  const std::size_t piece_bytes_;  // what one write may carry

  std::atomic<bool> direct_{true};  // no thread: write at once
  std::atomic<std::uint64_t> lost_{0};

  base::Mutex mutex_;
  base::Condition wake_;     // the writing thread: something to do
  base::Condition written_;  // flush(): something was done
  std::string pending_ TUSK_GUARDED_BY(mutex_);
  // Since the start; what flush() waits for.
  std::uint64_t appended_bytes_ TUSK_GUARDED_BY(mutex_) = 0;
  std::uint64_t written_bytes_ TUSK_GUARDED_BY(mutex_) = 0;
  bool urgent_ TUSK_GUARDED_BY(mutex_) = false;
  bool stopping_ TUSK_GUARDED_BY(mutex_) = false;

  // The writing thread's own.
  std::string writing_;
  std::uint64_t lost_reported_ = 0;
  std::function<void(std::uint64_t)> on_loss_;

  std::thread thread_;
};

}  // namespace tusk::observe
