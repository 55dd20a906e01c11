#include "exec/process/host_link.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/blocked_signals.h"
#include "base/descriptor_limit.h"
#include "base/process/spawn.h"
#include "observe/log.h"

namespace tusk::exec::process {

std::string ending_text(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    const char* const name = ::sigabbrev_np(WTERMSIG(wait_status));
    return "killed by signal " + std::to_string(WTERMSIG(wait_status)) +
           (name != nullptr ? std::string(" (SIG") + name + ")" : std::string());
  }
  return "ended with status " + std::to_string(WEXITSTATUS(wait_status));
}

base::Result<std::unique_ptr<HostLink>> HostLink::start(const HostProgram& program,
                                                        const std::vector<int>& descriptors,
                                                        Events events) {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
    return base::fail_errno("make the socket of a PHP host", errno);
  base::UniqueFd ours(pair[0]);
  const base::UniqueFd theirs(pair[1]);
  std::unique_ptr<HostLink> link(new HostLink(std::move(ours), std::move(events)));
  // Before the process: without it nobody would hear the host, or reap it.
  if (base::Result<void> started = link->start_thread(); !started)
    return std::unexpected(started.error());
  const base::Result<pid_t> pid = base::process::spawn(
      {.program = program.path, .descriptors = {{.from = theirs.get(), .to = kHostSocket}}});
  if (!pid) return std::unexpected(pid.error());
  link->pid_ = *pid;
  // The host raises it again, once it has been greeted: then it knows what scripts' programs have.
  base::restore_descriptor_limit(*pid);
  const base::Result<void> placed =
      link->events_.on_spawned ? link->events_.on_spawned(*pid) : base::Result<void>();
  if (base::Result<void> greeted = placed ? link->greet(program, descriptors) : placed; !greeted) {
    link->kill();
    (void)link->reap();
    return std::unexpected(greeted.error());
  }
  link->set_task(Task::kListen);
  return link;
}

HostLink::HostLink(base::UniqueFd socket, Events events)
    : socket_(std::move(socket)), events_(std::move(events)) {}

HostLink::~HostLink() {
  ::shutdown(socket_.get(), SHUT_RDWR);
  if (!is_ready_.load(std::memory_order_relaxed)) kill();
  set_task(Task::kEnd);
  if (has_thread_) ::pthread_join(thread_, nullptr);
}

base::Result<void> HostLink::start_thread() {
  const base::AllSignalsBlocked blocked;  // the thread inherits it
  if (const int error = ::pthread_create(&thread_, nullptr, &HostLink::thread_main, this);
      error != 0)
    return base::fail_errno("start the thread of a PHP host", error);
  has_thread_ = true;
  return {};
}

// Settings that are too long for a message go in a file.
base::Result<void> HostLink::greet(const HostProgram& program, std::vector<int> descriptors) const {
  constexpr Message kHello{.kind = MessageKind::kHello};
  if (program.settings.size() <= kMostText)
    return send(socket_.get(), kHello, program.settings, descriptors);
  const base::UniqueFd file(::memfd_create("tusk-settings", MFD_CLOEXEC));
  if (!file) return base::fail_errno("make a file in memory", errno);
  std::string_view left = program.settings;
  while (!left.empty()) {
    const ssize_t written = ::write(file.get(), left.data(), left.size());
    if (written <= 0) return base::fail_errno("write a file in memory", errno);
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  descriptors.insert(descriptors.begin(), file.get());
  return send(socket_.get(), kHello, {}, descriptors);
}

// The first one counts: a thread that listens ends with its host.
void HostLink::set_task(Task task) {
  const base::MutexLock lock(mutex_);
  if (task_ == Task::kWait) task_ = task;
  task_changed_.notify_all();
}

bool HostLink::await_task() {
  base::MutexLock lock(mutex_);
  while (task_ == Task::kWait) task_changed_.wait(lock);
  return task_ == Task::kListen;
}

void* HostLink::thread_main(void* link) {
  static_cast<HostLink*>(link)->run();
  return nullptr;
}

void HostLink::run() {
  ::pthread_setname_np(::pthread_self(), "tusk-host-link");
  if (!await_task()) return;
  for (;;) {
    base::Result<Received> received = receive(socket_.get());
    if (!received) {
      if (!received.error().message.empty()) observe::error(received.error().message);
      break;
    }
    handle(std::move(*received));
  }
  events_.on_gone(reap());
}

// It has ended, or ends because its socket is closed. Somebody else may have reaped it.
std::optional<int> HostLink::reap() {
  ::shutdown(socket_.get(), SHUT_RDWR);
  const base::UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  pollfd ended{.fd = process.get(), .events = POLLIN, .revents = 0};
  constexpr auto kMost = std::chrono::duration_cast<std::chrono::milliseconds>(kTimeToEnd);
  if (process && ::poll(&ended, 1, static_cast<int>(kMost.count())) == 0) {
    observe::error("a PHP host does not end, and is killed");
    kill();
  }
  siginfo_t info{};
  (void)::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  const base::MutexLock lock(mutex_);
  reaped_ = true;
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) return std::nullopt;
  return status;
}

void HostLink::handle(Received received) {
  const Message& message = received.message;
  switch (message.kind) {
    case MessageKind::kReady:
      is_ready_.store(true, std::memory_order_relaxed);
      return events_.on_ready(std::move(received.text));
    case MessageKind::kFailed:
      return events_.on_failed(message.worker, message.pid, std::move(received.text));
    case MessageKind::kNoBoot:
      return events_.on_no_boot(std::move(received.text));
    case MessageKind::kForked:
      return events_.on_forked(message.worker, message.pid);
    case MessageKind::kEnded:
      return events_.on_ended(message.worker, message.pid, message.value);
    default:
      observe::error("a PHP host has sent an unknown message");
  }
}

base::Result<bool> HostLink::fork(int worker, int failed_boots,
                                  const std::vector<int>& descriptors) {
  return try_send(socket_.get(),
                  {.kind = MessageKind::kFork, .worker = worker, .value = failed_boots}, {},
                  descriptors);
}

bool HostLink::signal(int worker, pid_t pid, int number) {
  return try_send(socket_.get(),
                  {.kind = MessageKind::kSignal, .worker = worker, .pid = pid, .value = number})
      .value_or(true);
}

bool HostLink::has_unread() const {
  int bytes = 0;
  return ::ioctl(socket_.get(), SIOCOUTQ, &bytes) == 0 && bytes > 0;
}

void HostLink::kill() {
  const base::MutexLock lock(mutex_);
  if (pid_ > 0 && !reaped_) ::kill(pid_, SIGKILL);
}

// This takes note of a stop, and reaps nothing.
void HostLink::continue_if_stopped() {
  const base::MutexLock lock(mutex_);
  if (pid_ <= 0 || reaped_) return;
  siginfo_t info{};
  constexpr int kOptions = WSTOPPED | WNOHANG;
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, kOptions) == 0 && info.si_pid == pid_)
    ::kill(pid_, SIGCONT);
}

bool HostLink::stop() {
  return try_send(socket_.get(), {.kind = MessageKind::kStop}).value_or(true);
}

bool HostLink::reopen_logs() {
  return try_send(socket_.get(), {.kind = MessageKind::kReopenLogs}).value_or(true);
}

bool HostLink::set_log_level(observe::Level level) {
  return try_send(socket_.get(),
                  {.kind = MessageKind::kLogLevel, .value = static_cast<std::int32_t>(level)})
      .value_or(true);
}

}  // namespace tusk::exec::process
