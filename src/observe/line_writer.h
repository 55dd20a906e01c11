// LineWriter: writes lines from any thread to a descriptor or a file, on a thread of its own.
//
// Owner: the log and the access log (writers.h), one each. They are never destroyed, because a
// thread that hangs in write(2) cannot be joined. Thread: append, flush, emergency_flush any.
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
#include "base/unique_fd.h"

namespace tusk::observe {

// One write carries as many whole lines as the descriptor takes atomically (PIPE_BUF for pipes), so
// that lines of several processes on one stderr do not mix. Lines that are not urgent wait
// `kLinger` for others: at 70,000 access lines a second that is 100 wake-ups instead of 70,000. If
// nobody reads, up to `kPendingBytes` are kept and newer lines are dropped and counted: the older
// ones show how it began.
class LineWriter {
 public:
  enum class Urgency : std::uint8_t {
    kCanWait,  // for kLinger
    kUrgent,   // written at once
  };

  static constexpr std::size_t kPendingBytes = std::size_t{4} * 1024 * 1024;
  static constexpr std::chrono::milliseconds kLinger{10};
  static constexpr std::chrono::seconds kFailureInterval{60};

  explicit LineWriter(int fd) noexcept;
  // Writes to a file that open_log_file() has opened. `on_failure` is told when it cannot be
  // written, at most once in kFailureInterval, and each time when it cannot be opened again. It
  // must not append to this object.
  using OnFailure = std::function<void(const std::string& what)>;
  LineWriter(base::UniqueFd file, std::string path, OnFailure on_failure);
  ~LineWriter();  // writes what is pending, however long the reader takes
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // Before start(), append() writes by itself. When lines were lost and there is room again, the
  // writing thread calls `on_loss` with the number since the last call. A second start does
  // nothing.
  void start(std::function<void(std::uint64_t lost)> on_loss = {});

  // Appends one or more whole lines, each with its newline.
  void append(std::string_view lines, Urgency urgency) noexcept;

  // For a program that writes without a thread of this object and must not wait for the reader:
  // lines are dropped and counted while the descriptor takes none, and the rest of one that it
  // takes in part. (Where it blocks, and another process fills it between the look and the write,
  // that one line waits.)
  void drop_when_full() noexcept { drops_when_full_.store(true, std::memory_order_relaxed); }

  // Opens the file again by its path, after another program has moved it away (logrotate). The
  // writing thread does it, after the lines that are pending. The old file is used on if that
  // fails. Without a file it does nothing.
  void reopen() noexcept;
  // The writing thread has not done it yet, so that lines may still go to the old file.
  bool is_reopening() const noexcept { return reopening_.load(std::memory_order_acquire); }

  // The process has become another user's, which has left the writing thread its capabilities
  // unless it was root: the thread gives them up before it writes again.
  void give_up_rights() noexcept;

  // Waits until all earlier lines are written. Returns false if that took longer than `timeout`.
  bool flush(std::chrono::milliseconds timeout) noexcept;

  // For a handler of a fatal signal: writes what is pending, unless it would have to wait for a
  // lock or the reader.
  void emergency_flush() noexcept;

  int descriptor() const noexcept { return fd_; }
  const std::string& path() const noexcept { return path_; }
  std::uint64_t lines_lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

  // Around fork(), called through pthread_atfork. The child has no writing thread and writes at
  // once.
  void lock_for_fork() noexcept TUSK_ACQUIRE(mutex_) { mutex_.lock(); }
  void unlock_in_parent() noexcept TUSK_RELEASE(mutex_) { mutex_.unlock(); }
  void unlock_in_child() noexcept TUSK_RELEASE(mutex_);

 private:
  void run();
  void report_loss();
  bool write_lines(std::string_view lines) noexcept;
  bool write_piece(std::string_view piece) noexcept;
  void count_lost(std::string_view lines) noexcept;
  void reopen_file() noexcept;
  void report_failure(const char* verb, int error, const char* consequence,
                      std::chrono::seconds interval) noexcept;

  const base::UniqueFd file_;  // not open: the descriptor is not this object's
  const std::string path_;     // empty: it is no file of its own
  const int fd_;
  const std::size_t piece_bytes_;  // what one write may carry

  std::atomic<bool> direct_{true};  // there is no thread: write at once
  std::atomic<bool> drops_when_full_{false};
  std::atomic<std::uint64_t> lost_{0};
  std::atomic<bool> reopening_{false};
  // A line was written in part: the next one begins with a line break.
  std::atomic<bool> torn_{false};

  base::Mutex mutex_;
  base::Condition wake_;     // for the writing thread: there is something to do
  base::Condition written_;  // for flush(): something was written
  std::string pending_ TUSK_GUARDED_BY(mutex_);
  // Totals since the start; flush() compares them.
  std::uint64_t appended_bytes_ TUSK_GUARDED_BY(mutex_) = 0;
  std::uint64_t written_bytes_ TUSK_GUARDED_BY(mutex_) = 0;
  bool urgent_ TUSK_GUARDED_BY(mutex_) = false;
  bool stopping_ TUSK_GUARDED_BY(mutex_) = false;
  bool reopen_ TUSK_GUARDED_BY(mutex_) = false;
  bool gives_up_rights_ TUSK_GUARDED_BY(mutex_) = false;

  // Used by the writing thread only.
  std::string writing_;
  std::uint64_t lost_reported_ = 0;
  std::function<void(std::uint64_t)> on_loss_;

  const OnFailure on_failure_;
  base::Mutex failure_mutex_;
  std::chrono::steady_clock::time_point failure_reported_ TUSK_GUARDED_BY(failure_mutex_){};

  std::thread thread_;
};

}  // namespace tusk::observe
