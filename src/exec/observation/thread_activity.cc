#include "exec/observation/thread_activity.h"

#include <array>
#include <charconv>
#include <cstdio>

#include <fcntl.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tusk::exec::observation {

namespace {

struct SystemCall {
  long number;
  std::string_view name;
};

constexpr SystemCall kSystemCalls[] = {
    {SYS_read, "read"},
    {SYS_readv, "readv"},
    {SYS_pread64, "pread64"},
    {SYS_write, "write"},
    {SYS_writev, "writev"},
    {SYS_pwrite64, "pwrite64"},
    {SYS_ppoll, "ppoll"},
    {SYS_pselect6, "pselect6"},
    {SYS_epoll_pwait, "epoll_pwait"},
    {SYS_nanosleep, "nanosleep"},
    {SYS_clock_nanosleep, "clock_nanosleep"},
    {SYS_flock, "flock"},
    {SYS_fcntl, "fcntl"},
    {SYS_futex, "futex"},
    {SYS_wait4, "wait4"},
    {SYS_waitid, "waitid"},
    {SYS_recvfrom, "recvfrom"},
    {SYS_recvmsg, "recvmsg"},
    {SYS_recvmmsg, "recvmmsg"},
    {SYS_sendto, "sendto"},
    {SYS_sendmsg, "sendmsg"},
    {SYS_sendmmsg, "sendmmsg"},
    {SYS_sendfile, "sendfile"},
    {SYS_connect, "connect"},
    {SYS_accept, "accept"},
    {SYS_accept4, "accept4"},
    {SYS_semop, "semop"},
    {SYS_semtimedop, "semtimedop"},
    {SYS_msgrcv, "msgrcv"},
    {SYS_msgsnd, "msgsnd"},
    {SYS_openat, "openat"},
    {SYS_close, "close"},
    {SYS_statx, "statx"},
    {SYS_fsync, "fsync"},
    {SYS_fdatasync, "fdatasync"},
    {SYS_ftruncate, "ftruncate"},
    {SYS_getdents64, "getdents64"},
    {SYS_copy_file_range, "copy_file_range"},
    {SYS_splice, "splice"},
    {SYS_rt_sigtimedwait, "rt_sigtimedwait"},
    {SYS_rt_sigsuspend, "rt_sigsuspend"},
#ifdef SYS_poll  // architectures from before 2011 have these too
    {SYS_poll, "poll"},
    {SYS_select, "select"},
    {SYS_epoll_wait, "epoll_wait"},
    {SYS_pause, "pause"},
    {SYS_open, "open"},
    {SYS_stat, "stat"},
#endif
};

}  // namespace

std::string_view system_call_name(long number) noexcept {
  for (const SystemCall& call : kSystemCalls) {
    if (call.number == number) return call.name;
  }
  return "system call";
}

ThreadActivity::ThreadActivity() noexcept
    : thread_(static_cast<pid_t>(::syscall(SYS_gettid))),
      has_clock_(::pthread_getcpuclockid(::pthread_self(), &cpu_clock_) == 0) {}

ThreadActivity::ThreadActivity(int directory, pid_t process) noexcept
    : thread_(process),
      directory_(directory),
      schedstat_(
          static_cast<int>(::syscall(SYS_openat, directory, "schedstat", O_RDONLY | O_CLOEXEC))),
      has_clock_(::clock_getcpuclockid(process, &cpu_clock_) == 0) {}

namespace {

// "CPU-TIME WAITING-TIME TIMES\n", in ns. Zero: the kernel does not count.
base::Duration time_in_schedstat(int fd) noexcept {
  std::array<char, 96> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size() - 1, 0);
  unsigned long long ran = 0;
  unsigned long long waited = 0;
  unsigned long long times = 0;
  if (size <= 0 || std::sscanf(text.data(), "%llu %llu %llu", &ran, &waited, &times) != 3)
    return {};
  return base::Duration(times == 0 ? 0 : static_cast<std::int64_t>(ran + times));
}

}  // namespace

base::Duration ThreadActivity::cpu_time() const noexcept {
  if (schedstat_) {
    if (const base::Duration time = time_in_schedstat(schedstat_.get()); time.count() != 0)
      return time;
  }
  timespec time{};
  if (!has_clock_ || ::clock_gettime(cpu_clock_, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// "running\n", "35 0x7ffd… …\n", or "-1 …" while the thread waits outside of a system call, for
// memory from a disk. The file cannot be opened if the process has changed its user, and some
// sandboxes have none.
ThreadActivity::Now ThreadActivity::now() const noexcept {
  std::array<char, 64> path{"syscall"};
  if (directory_ < 0) {
    std::snprintf(path.data(), path.size(), "/proc/self/task/%d/syscall",
                  static_cast<int>(thread_));
  }
  const int base = directory_ < 0 ? AT_FDCWD : directory_;
  // Not by libc's functions, which the executable replaces.
  const long fd = ::syscall(SYS_openat, base, path.data(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::array<char, 256> text{};
  const long size = ::syscall(SYS_read, fd, text.data(), text.size());
  ::syscall(SYS_close, fd);
  if (size <= 0) return {};
  const std::string_view line(text.data(), static_cast<std::size_t>(size));
  if (line.starts_with("running")) return {.state = State::kRuns};
  long number = -1;
  const auto parsed = std::from_chars(line.data(), line.data() + line.size(), number);
  if (parsed.ec != std::errc{}) return {};
  if (number < 0) return {.state = State::kRuns};
  return {.state = State::kWaitsInCall, .system_call = number};
}

}  // namespace tusk::exec::observation
