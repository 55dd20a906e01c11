#include "observe/line_writer.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/blocked_signals.h"
#include "base/process/user_change.h"
#include "observe/log_file.h"

namespace tusk::observe {
namespace {

constexpr std::size_t kFilePieceBytes = std::size_t{64} * 1024;
constexpr std::size_t kKeptCapacityBytes = std::size_t{256} * 1024;

// A write to a pipe is atomic up to PIPE_BUF (POSIX write()); Linux does not split a write to a
// regular file.
std::size_t piece_bytes_of(int fd) noexcept {
  struct stat info{};
  return ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) ? kFilePieceBytes : PIPE_BUF;
}

bool is_writable_now(int fd) noexcept {
  pollfd poll_fd{.fd = fd, .events = POLLOUT, .revents = 0};
  return ::poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLOUT) != 0;
}

// Returns the whole lines that fit into `limit`, but at least one.
std::string_view first_lines(std::string_view lines, std::size_t limit) noexcept {
  if (lines.size() <= limit) return lines;
  std::size_t end = lines.rfind('\n', limit - 1);
  if (end == std::string_view::npos) end = lines.find('\n', limit);
  return end == std::string_view::npos ? lines : lines.substr(0, end + 1);
}

}  // namespace

LineWriter::LineWriter(int fd) noexcept : fd_(fd), piece_bytes_(piece_bytes_of(fd)) {}

LineWriter::LineWriter(base::UniqueFd file, std::string path, OnFailure on_failure)
    : file_(std::move(file)),
      path_(std::move(path)),
      fd_(file_.get()),
      piece_bytes_(piece_bytes_of(fd_)),
      on_failure_(std::move(on_failure)) {}

LineWriter::~LineWriter() {
  if (!thread_.joinable()) return;
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void LineWriter::start(std::function<void(std::uint64_t)> on_loss) {
  if (thread_.joinable()) return;
  on_loss_ = std::move(on_loss);
  {
    // No signal handler runs on the new thread, and SIGPIPE stays pending instead of ending us.
    const base::AllSignalsBlocked blocked;
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "tusk-log");
      run();
    });
  }
  direct_.store(false, std::memory_order_release);
}

void LineWriter::append(std::string_view lines, Urgency urgency) noexcept {
  if (direct_.load(std::memory_order_acquire)) {
    write_lines(lines);
    return;
  }
  const bool urgent = urgency == Urgency::kUrgent;
  bool wake = urgent;
  {
    const base::MutexLock lock(mutex_);
    if (pending_.size() + lines.size() > kPendingBytes) {
      count_lost(lines);
      return;
    }
    // A writing thread that is awake needs no wake-up, unless this line is urgent.
    if (pending_.empty()) wake = true;
    if (urgent) urgent_ = true;
    try {
      pending_.append(lines);
    } catch (...) {  // out of memory
      count_lost(lines);
      return;
    }
    appended_bytes_ += lines.size();
  }
  if (wake) wake_.notify_one();
}

void LineWriter::reopen() noexcept {
  if (path_.empty()) return;
  if (direct_.load(std::memory_order_acquire)) return reopen_file();
  {
    const base::MutexLock lock(mutex_);
    reopen_ = true;
    reopening_.store(true, std::memory_order_relaxed);
  }
  wake_.notify_one();
}

void LineWriter::give_up_rights() noexcept {
  {
    const base::MutexLock lock(mutex_);
    gives_up_rights_ = true;
  }
  wake_.notify_one();
}

bool LineWriter::flush(std::chrono::milliseconds timeout) noexcept {
  if (direct_.load(std::memory_order_acquire)) return true;
  const auto until = std::chrono::steady_clock::now() + timeout;
  base::MutexLock lock(mutex_);
  const std::uint64_t target = appended_bytes_;
  urgent_ = true;
  wake_.notify_one();
  while (written_bytes_ < target) {
    if (written_.wait_until(lock, until) == std::cv_status::timeout) break;
  }
  return written_bytes_ >= target;
}

void LineWriter::emergency_flush() noexcept {
  if (!mutex_.try_lock()) return;
  std::string_view rest = pending_;
  while (!rest.empty() && is_writable_now(fd_)) {
    const std::string_view piece = first_lines(rest, piece_bytes_);
    if (!write_piece(piece)) break;
    rest.remove_prefix(piece.size());
  }
  // The process is about to end. If it does not, nothing is written twice.
  pending_.clear();
  written_bytes_ = appended_bytes_;
  mutex_.unlock();
}

void LineWriter::unlock_in_child() noexcept {
  direct_.store(true, std::memory_order_release);
  pending_.clear();  // the parent writes it
  mutex_.unlock();
}

void LineWriter::run() {
  base::MutexLock lock(mutex_);
  while (true) {
    while (!stopping_ && !reopen_ && !gives_up_rights_ && pending_.empty()) wake_.wait(lock);
    if (std::exchange(gives_up_rights_, false)) {
      base::process::drop_capabilities();
      continue;
    }
    if (pending_.empty() && !reopen_) return;
    const auto until = std::chrono::steady_clock::now() + kLinger;
    while (!urgent_ && !stopping_ && !reopen_) {
      if (wake_.wait_until(lock, until) == std::cv_status::timeout) break;
    }
    urgent_ = false;
    const bool reopens = std::exchange(reopen_, false);
    writing_.swap(pending_);
    const std::uint64_t target = appended_bytes_;
    lock.unlock();

    // Not after a failure: reporting lost lines would fail and lose a line again, for ever.
    if (write_lines(writing_)) report_loss();
    if (reopens) reopen_file();
    writing_.clear();
    if (writing_.capacity() > kKeptCapacityBytes) writing_.shrink_to_fit();

    lock.lock();
    written_bytes_ = target;
    // It may have been asked for again.
    if (!reopen_) reopening_.store(false, std::memory_order_release);
    written_.notify_all();
  }
}

void LineWriter::report_loss() {
  const std::uint64_t lost = lines_lost();
  if (lost == lost_reported_ || !on_loss_) return;
  const std::uint64_t news = lost - lost_reported_;
  lost_reported_ = lost;
  on_loss_(news);
}

bool LineWriter::write_lines(std::string_view lines) noexcept {
  bool all = true;
  while (!lines.empty()) {
    const std::string_view piece = first_lines(lines, piece_bytes_);
    if (!write_piece(piece)) {
      count_lost(piece);
      all = false;
    }
    lines.remove_prefix(piece.size());
  }
  return all;
}

// Returns false when writing is impossible: nobody will read it (EPIPE), or it is full (ENOSPC).
bool LineWriter::write_piece(std::string_view piece) noexcept {
  if (drops_when_full_.load(std::memory_order_relaxed)) {
    pollfd poll_fd{.fd = fd_, .events = POLLOUT, .revents = 0};
    if (::poll(&poll_fd, 1, 0) <= 0 || (poll_fd.revents & POLLOUT) == 0) return false;
  }
  if (torn_.load(std::memory_order_relaxed)) {
    if (::write(fd_, "\n", 1) != 1) return false;
    torn_.store(false, std::memory_order_relaxed);
  }
  const std::size_t whole = piece.size();
  while (!piece.empty()) {
    const ssize_t written = ::write(fd_, piece.data(), piece.size());
    if (written >= 0) {
      piece.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN && drops_when_full_.load(std::memory_order_relaxed)) {
      if (piece.size() < whole) torn_.store(true, std::memory_order_relaxed);
      return false;
    } else if (errno == EAGAIN) {
      // Another process that shares the terminal or pipe has made it non-blocking.
      pollfd poll_fd{.fd = fd_, .events = POLLOUT, .revents = 0};
      ::poll(&poll_fd, 1, -1);
    } else if (errno != EINTR) {
      const int error = errno;
      if (piece.size() < whole) torn_.store(true, std::memory_order_relaxed);
      report_failure("write", error, "; lines are lost", kFailureInterval);
      return false;
    }
  }
  return true;
}

// dup2() replaces the file behind the descriptor at once: a line of another thread, or of a handler
// of a fatal signal, goes to one of the two.
void LineWriter::reopen_file() noexcept {
  const base::UniqueFd file = open_log_file(path_);
  if (!file || ::dup3(file.get(), fd_, O_CLOEXEC) < 0) {
    return report_failure("open", errno, "; the file that was open before is used on", {});
  }
  torn_.store(false, std::memory_order_relaxed);
}

void LineWriter::report_failure(const char* verb, int error, const char* consequence,
                                std::chrono::seconds interval) noexcept {
  if (!on_failure_) return;
  try {
    const auto now = std::chrono::steady_clock::now();
    {
      const base::MutexLock lock(failure_mutex_);
      const bool first = failure_reported_ == std::chrono::steady_clock::time_point{};
      if (!first && now - failure_reported_ < interval) return;
      failure_reported_ = now;
    }
    on_failure_(std::string("cannot ") + verb + " " + path_ + ": " +
                std::generic_category().message(error) + consequence);
  } catch (...) {
    // Out of memory: there is no way to report it.
  }
}

void LineWriter::count_lost(std::string_view lines) noexcept {
  lost_.fetch_add(static_cast<std::uint64_t>(std::ranges::count(lines, '\n')),
                  std::memory_order_relaxed);
}

}  // namespace tusk::observe
