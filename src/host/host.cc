#include "host/host.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process/standard_streams.h"
#include "base/process/user_change.h"
#include "host/boot_watch.h"
#include "host/rewind_feed.h"
#include "host/server_signals.h"
#include "host/system_call_filter.h"
#include "host/worker_process.h"
#include "http/request_id.h"
#include "observe/crash/crash_handler.h"
#include "observe/log.h"
#include "php/ini_syntax.h"
#include "php/native_engine.h"
#include "php/rewind/settled_process.h"

namespace tusk::host {

namespace {

using exec::process::Message;
using exec::process::MessageKind;
using exec::process::Received;

// How long workers may take to end their requests once the server is gone.
constexpr base::Duration kTimeWithoutServer = std::chrono::seconds(10);

// How long a server that is told something may have no room for it: it may be busy with many ends.
constexpr base::Duration kTimeToListen = std::chrono::seconds(5);

constexpr std::size_t kMostReason = 4096;

// What a terminal or a service manager sends to all processes of tusk is the server's to answer; it
// ends its hosts. The rest would end a process because of what a client or a script does.
void ignore_signals() {
  for (const int number :
       {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGPIPE, SIGXFSZ, SIGTTOU, SIGTTIN, SIGUSR1, SIGUSR2}) {
    std::signal(number, SIG_IGN);
  }
}

base::UniqueFd watch_children() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return base::UniqueFd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

void stop_watching_children() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

// The reason that a worker has written before it ended.
std::string read_reason(int fd) {
  std::array<char, kMostReason> text;
  const ssize_t got = ::read(fd, text.data(), text.size());
  return {text.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

// Where a confined process puts temporary files, as PHP does unless its configuration says other.
constexpr const char* kTemporaryFiles = "/tmp";

// What scripts run in from now on. PHP's own files are outside of the root directory.
base::Result<void> confine(HostSettings& settings, const RootDirectory& root) {
  if (const base::Result<void> entered = root.enter(); !entered) return entered;
  if (root.any()) {
    root.translate(settings.scripts);
    settings.reply.spool.directory = kTemporaryFiles;
    if (::access(kTemporaryFiles, W_OK | X_OK) != 0) {
      const int number = errno;
      return base::fail_errno("in the root directory " + settings.chroot + ", " + kTemporaryFiles +
                                  " is no directory to write to",
                              number);
    }
  }
  return filter_system_calls(settings.seccomp);
}

// While PHP starts, nobody reads the socket: the kernel ends the host with its server.
enum class EndsWithServer : int { kNo = 0, kYes = SIGKILL };
void set_end(EndsWithServer end) { ::prctl(PR_SET_PDEATHSIG, static_cast<int>(end)); }

}  // namespace

base::Result<Host> Host::start(base::UniqueFd socket) {
  set_end(EndsWithServer::kYes);
  const auto failed = [&](const base::Error& error) {
    (void)exec::process::send(socket.get(), {.kind = MessageKind::kFailed}, error.message);
    return std::unexpected(error);
  };
  base::Result<Hello> hello = receive_hello(socket.get());
  if (!hello) return failed(hello.error());
  base::process::settle_standard_streams();
  const base::Result<void> files = observe::open_files(hello->settings.log_file, "");
  observe::init(hello->settings.log);
  if (!files) return failed(files.error());
  http::take_request_id_keys(hello->settings.request_id_keys);
  ignore_signals();
  RootDirectory root(hello->settings.chroot);
  const auto keep = root.any() ? base::process::Keep::kRootChange : base::process::Keep::kNothing;
  if (const base::Result<void> changed = base::process::change_user(hello->settings.user, keep);
      !changed)
    return failed(changed.error());
  // The change has taken it back.
  set_end(EndsWithServer::kYes);
  // Before PHP allocates: a block of malloc() that is a mapping of its own could be moved.
  if (hello->settings.scripts.mode == exec::ScriptMode::kRewind) {
    const base::Result<void> settled = php::rewind::settle_process({});
    if (!settled) return failed({"its memory cannot be put back: " + settled.error().message});
  }
  base::Result<std::unique_ptr<php::NativeEngine>> engine =
      php::NativeEngine::start(hello->settings.php);
  if (!engine) return failed(engine.error());
  for (const std::string& error : php::ini_syntax_errors())
    observe::warn(error + ": PHP ignores the rest of the file");
  if (const base::Result<void> confined = confine(hello->settings, root); !confined)
    return failed(confined.error());
  return Host(std::move(socket), std::move(*hello), std::move(root), std::move(*engine));
}

int Host::run() {
  int status = 0;
  if (rewinds()) {
    status = serve_booted_script();
  } else {
    get_ready();
    serve();
  }
  // The end that follows is no crash (php/crash/library_end.cc).
  observe::crash::remove_crash_handler();
  return worker_status_.value_or(status);
}

// The script runs in this process, and the workers are forked while it asks for its first request.
int Host::serve_booted_script() {
  base::Result<std::unique_ptr<exec::Executor>> executor =
      engine_->make_executor(0, settings_.scripts);
  if (!executor) {
    tell(MessageKind::kFailed, -1, 0, 0, executor.error().message);
    return 1;
  }
  BootWatch watch(**executor);
  RewindFeed feed(settings_, watch, [this] { return await_fork(); });
  const exec::ScriptEnd end = (*executor)->serve(feed);
  // Not destroyed: PHP's own thread cannot be freed before PHP is.
  (void)executor->release();
  if (end == exec::ScriptEnd::kAsked && feed.boot_error().empty()) return 0;
  tell(MessageKind::kNoBoot, -1, 0, 0,
       feed.boot_error().empty() ? "PHP cannot go on after it" : feed.boot_error());
  return static_cast<int>(exec::process::WorkerExit::kNoBoot);
}

void Host::get_ready() {
  set_end(EndsWithServer::kNo);
  signals_ = watch_children();
  if (!signals_) {
    must_end_ = true;
    return tell(MessageKind::kFailed, -1, 0, 0, "cannot watch worker processes");
  }
  board_.show(engine_->code_cache());
  tell(MessageKind::kReady, -1, 0, 0, engine_->description());
}

void Host::serve() {
  while (!worker_status_ && !forked_ && (!must_end_ || !children_.empty())) wait_for_news();
}

std::optional<WorkerParts> Host::await_fork() {
  get_ready();
  serve();
  return std::move(forked_);
}

void Host::wait_for_news() {
  std::array<pollfd, 2> fds{{{.fd = signals_.get(), .events = POLLIN, .revents = 0},
                             {.fd = socket_.get(), .events = POLLIN, .revents = 0}}};
  int timeout_ms = -1;
  if (lost_server_) {
    fds[1].fd = -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(kill_at_ - base::now());
    if (left.count() <= 0) signal_all(SIGKILL);
    timeout_ms = left.count() > 0 ? static_cast<int>(left.count()) : 1000;
  }
  if (::poll(fds.data(), fds.size(), timeout_ms) < 0) return;
  if (fds[0].revents != 0) reap();
  if (fds[1].revents != 0) obey();
}

void Host::obey() {
  base::Result<Received> received = exec::process::receive(socket_.get());
  if (!received) return lose_server();
  switch (received->message.kind) {
    case MessageKind::kFork:
      return fork_worker(std::move(*received));
    case MessageKind::kSignal:
      return signal_worker(received->message);
    case MessageKind::kStop:
      must_end_ = true;
      return;
    case MessageKind::kReopenLogs:
      return observe::reopen_files();
    case MessageKind::kLogLevel:
      return observe::set_level(static_cast<observe::Level>(received->message.value));
    default:
      return;
  }
}

void Host::lose_server() {
  lost_server_ = must_end_ = true;
  kill_at_ = base::now() + kTimeWithoutServer;
  signal_all(end_signal());
}

void Host::fork_worker(Received request) {
  const int worker = request.message.worker;
  if (request.descriptors.size() != exec::process::kSlots + 1)
    return fail_fork(worker, "the server has not sent the descriptors of a worker");
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    return fail_fork(worker, base::fail_errno("make a pipe", errno).error().message);
  base::UniqueFd read_end(pipe[0]);
  base::UniqueFd write_end(pipe[1]);
  const pid_t host = ::getpid();
  const pid_t child = ::fork();
  if (child < 0)
    return fail_fork(worker, base::fail_errno("fork a worker process", errno).error().message);
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The host has ended before that.
    if (::getppid() != host) ::raise(SIGKILL);
    read_end.reset();
    WorkerParts parts = leave_host(std::move(request), std::move(write_end));
    if (rewinds()) {
      forked_.emplace(std::move(parts));
    } else {
      worker_status_ = static_cast<int>(run_worker(std::move(parts), settings_, root_));
    }
    return;
  }
  children_[child] = {.worker = worker, .reason = std::move(read_end)};
  tell(MessageKind::kForked, worker, child, 0);
}

void Host::fail_fork(int worker, std::string_view why) {
  tell(MessageKind::kFailed, worker, 0, 0, why);
}

// Closes what is the host's: a worker must not speak for it.
WorkerParts Host::leave_host(Received request, base::UniqueFd reason) {
  socket_.reset();
  signals_.reset();
  children_.clear();
  stop_watching_children();
  WorkerParts parts{.worker = request.message.worker,
                    .failed_boots = request.message.value,
                    .region = std::move(request.descriptors[0]),
                    .sockets = {},
                    .doorbells = doorbells_,
                    .board = board_,
                    .engine = *engine_,
                    .reason = std::move(reason)};
  for (std::size_t slot = 0; slot < exec::process::kSlots; ++slot)
    parts.sockets[slot] = std::move(request.descriptors[slot + 1]);
  return parts;
}

// A child that has not been waited for keeps its number.
void Host::signal_worker(const Message& request) {
  const auto child = children_.find(request.pid);
  if (child == children_.end() || child->second.worker != request.worker) return;
  (void)::kill(child->first, request.value);
}

void Host::signal_all(int number) const {
  for (const auto& [pid, child] : children_) (void)::kill(pid, number);
}

void Host::reap() {
  signalfd_siginfo ignored{};
  while (::read(signals_.get(), &ignored, sizeof ignored) > 0) {
  }
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG | WUNTRACED);
    if (pid <= 0) return;
    const auto child = children_.find(pid);
    if (child == children_.end()) continue;  // of a preload script
    // A script has stopped it: its request, or its next, would wait until a limit kills it.
    if (WIFSTOPPED(status)) {
      (void)::kill(pid, SIGCONT);
      continue;
    }
    const std::string reason = read_reason(child->second.reason.get());
    const int worker = child->second.worker;
    children_.erase(child);
    if (!reason.empty()) tell(MessageKind::kFailed, worker, pid, 0, reason);
    tell(MessageKind::kEnded, worker, pid, status);
  }
}

// A server that does not read for so long is as good as gone.
void Host::tell(MessageKind kind, int worker, pid_t pid, int value, std::string_view text) {
  const base::MonotonicTime until = base::now() + kTimeToListen;
  while (!lost_server_) {
    const base::Result<bool> sent = exec::process::try_send(
        socket_.get(), {.kind = kind, .worker = worker, .pid = pid, .value = value}, text);
    if (sent && *sent) return;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - base::now());
    if (!sent || left.count() <= 0) return lose_server();
    pollfd room{.fd = socket_.get(), .events = POLLOUT, .revents = 0};
    (void)::poll(&room, 1, static_cast<int>(left.count()));
  }
}

}  // namespace tusk::host
