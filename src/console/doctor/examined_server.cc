#include "console/doctor/examined_server.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "console/doctor/examination.h"
#include "net/listener.h"
#include "supervisor/control.h"
#include "supervisor/generation.h"

namespace tusk::console::doctor {

namespace {

// The process starts as for a reload: a script that does not boot ends it.
constexpr const char* kLaterGeneration = "2";
constexpr std::size_t kMostLineBytes = 1U << 20U;
// For the requests in flight, and for what the script does after its last one.
constexpr std::chrono::seconds kTimeToEnd{10};
constexpr std::chrono::seconds kTimeAfterSignal{2};

struct Pipe {
  base::UniqueFd read;
  base::UniqueFd write;
};

base::Result<Pipe> make_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return base::fail_errno("cannot make a pipe", errno);
  Pipe pipe{base::UniqueFd(ends[0]), base::UniqueFd(ends[1])};
  (void)::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
  return pipe;
}

base::UniqueFd ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGQUIT, SIGHUP}) sigaddset(&signals, signal);
  (void)::sigprocmask(SIG_BLOCK, &signals, nullptr);
  return base::UniqueFd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

int milliseconds_until(base::MonotonicTime until) {
  constexpr std::chrono::milliseconds kLongest{60'000};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - base::now());
  return static_cast<int>(std::clamp(left, std::chrono::milliseconds(0), kLongest).count());
}

}  // namespace

base::Result<std::unique_ptr<ExaminedServer>> ExaminedServer::start(
    supervisor::ServerProgram program, const std::string& examination, base::MonotonicTime deadline,
    LineHandler on_line) {
  base::Result<Pipe> log = make_pipe();
  if (!log) return std::unexpected(log.error());
  config::Address address;
  address.scheme = config::Address::Scheme::kHttp;
  address.host = "127.0.0.1";
  base::Result<std::vector<net::Listener>> listeners = net::Listener::open(address);
  if (!listeners) return std::unexpected(listeners.error());
  const net::Listener& listener = listeners->front();
  const base::UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  program.apart = {.null = null.get(), .error = log->write.get()};
  const std::array<supervisor::HandedSocket, 1> sockets{{{listener.fd(), "http"}}};
  const std::array<std::string, 2> variables{
      std::string(kExaminationVariable) + "=" + examination,
      std::string(supervisor::kGenerationVariable) + "=" + kLaterGeneration};
  base::Result<supervisor::ServerProcess> process =
      supervisor::ServerProcess::start(program, sockets, {}, variables);
  if (!process) return std::unexpected(process.error());
  return std::unique_ptr<ExaminedServer>(
      new ExaminedServer(std::move(*process), listener.address().port, std::move(log->read),
                         deadline, std::move(on_line)));
}

ExaminedServer::ExaminedServer(supervisor::ServerProcess process, std::uint16_t port,
                               base::UniqueFd log, base::MonotonicTime deadline,
                               LineHandler on_line)
    : pid_(process.pid()),
      port_(port),
      deadline_(deadline),
      on_line_(std::move(on_line)),
      control_(process.take_control()),
      log_(std::move(log)),
      process_(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0))),
      signals_(ending_signals()) {
  // The child does the same: whoever is first.
  (void)::setpgid(pid_, pid_);
}

ExaminedServer::~ExaminedServer() {
  if (!status_) kill_group();
}

ExaminedServer::Wake ExaminedServer::wait(int fd, short events, base::MonotonicTime until) {
  for (;;) {
    std::array<pollfd, 4> waits{{{fd, events, 0},
                                 {log_.get(), POLLIN, 0},
                                 {process_.get(), POLLIN, 0},
                                 {signals_.get(), POLLIN, 0}}};
    const int timeout = milliseconds_until(std::min(until, deadline_));
    if (::poll(waits.data(), waits.size(), timeout) < 0 && errno != EINTR) return Wake::kTimeout;
    const auto is_ready = [&](std::size_t index) { return waits[index].revents != 0; };
    if (is_ready(1)) read_log();
    if (is_ready(3)) read_signal();
    if (signal_ != 0) return Wake::kInterrupted;
    // Its last words may be there with its end.
    if (is_ready(0)) return Wake::kReady;
    if (is_ready(2)) return Wake::kServerEnded;
    const base::MonotonicTime now = base::now();
    if (now >= deadline_) return Wake::kDeadline;
    if (now >= until) return Wake::kTimeout;
  }
}

ExaminedServer::Wake ExaminedServer::wait_until_serves() {
  while (!serves_) {
    const Wake wake = wait(control_.get(), POLLIN, deadline_);
    if (wake != Wake::kReady) return wake;
    read_control();
    if (!control_) return wait(-1, 0, base::now() + kTimeToEnd);
  }
  return Wake::kReady;
}

void ExaminedServer::read_control() {
  std::array<char, 4096> bytes;
  const ssize_t count = ::recv(control_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return control_.reset();
  const std::string_view whole(bytes.data(), static_cast<std::size_t>(count));
  const std::size_t end = std::min(whole.find(' '), whole.size());
  const auto message = supervisor::parse_message(whole.substr(0, end));
  if (message == supervisor::Message::kReady) serves_ = true;
  if (message == supervisor::Message::kReason)
    reason_ = whole.substr(std::min(end + 1, whole.size()));
}

void ExaminedServer::read_log() {
  std::array<char, 65536> bytes;
  for (;;) {
    const ssize_t count = ::read(log_.get(), bytes.data(), bytes.size());
    if (count > 0) {
      take_log({bytes.data(), static_cast<std::size_t>(count)});
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) log_.reset();
    return;
  }
}

void ExaminedServer::take_log(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    line_.append(bytes.substr(0, end));
    if (end == std::string_view::npos) break;
    on_line_(line_);
    line_.clear();
    bytes.remove_prefix(end + 1);
  }
  if (line_.size() > kMostLineBytes) line_.clear();
}

void ExaminedServer::read_signal() {
  signalfd_siginfo info{};
  if (::read(signals_.get(), &info, sizeof info) == sizeof info)
    signal_ = static_cast<int>(info.ssi_signo);
}

bool ExaminedServer::has_ended(std::chrono::milliseconds patience) {
  const base::MonotonicTime until = base::now() + patience;
  for (;;) {
    std::array<pollfd, 3> waits{
        {{process_.get(), POLLIN, 0}, {log_.get(), POLLIN, 0}, {signals_.get(), POLLIN, 0}}};
    (void)::poll(waits.data(), waits.size(), milliseconds_until(until));
    if (waits[1].revents != 0) read_log();
    if (waits[0].revents != 0) return true;
    // A signal while it ends, which may be the second one.
    if (waits[2].revents != 0) read_signal();
    if (waits[2].revents != 0 || base::now() >= until) return false;
  }
}

void ExaminedServer::end() {
  if (status_) return;
  if (control_)
    supervisor::send_message(control_.get(), supervisor::Message::kDrain,
                             supervisor::to_text(supervisor::DrainCause::kEnds));
  (void)has_ended(signal_ == 0 ? kTimeToEnd : kTimeAfterSignal);
  kill_group();
  if (log_) read_log();
}

// The process is reaped last: until then its number cannot belong to another group.
void ExaminedServer::kill_group() {
  (void)::kill(-pid_, SIGKILL);
  (void)::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  status_ = status;
}

std::string ExaminedServer::how_ended() const {
  const int status = status_.value_or(0);
  if (WIFSIGNALED(status))
    return "was ended by signal " + std::to_string(WTERMSIG(status)) + " (" +
           ::strsignal(WTERMSIG(status)) + ")";
  return "has ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace tusk::console::doctor
