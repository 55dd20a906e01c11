#include "supervisor/server_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <string_view>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tusk::supervisor {

namespace {

constexpr int kFirstHandedDescriptor = 3;  // SD_LISTEN_FDS_START
constexpr std::string_view kPidVariable = "LISTEN_PID=";
// The exit status of a child that could not execute the program, as a shell has it.
constexpr int kCannotExecute = 127;

// The environment and the descriptors of a child, made before fork(): between fork() and execve()
// there is no allocation.
class ChildStart {
 public:
  ChildStart(const ServerProgram& program, std::span<const HandedSocket> sockets,
             std::span<const HandedDescriptor> descriptors, std::span<const std::string> variables)
      : environment_(program.environment), apart_(program.apart) {
    environment_.insert(environment_.end(), variables.begin(), variables.end());
    std::string names;
    int next = kFirstHandedDescriptor;
    for (const HandedSocket& socket : sockets) {
      if (!names.empty() || &socket != sockets.data()) names += ':';
      names += socket.name;
      places_.push_back({socket.fd, next++});
    }
    environment_.push_back("LISTEN_FDS=" + std::to_string(sockets.size()));
    environment_.push_back("LISTEN_FDNAMES=" + names);
    for (const HandedDescriptor& descriptor : descriptors) {
      environment_.push_back(descriptor.variable + "=" + std::to_string(next));
      places_.push_back({descriptor.fd, next++});
    }
    end_of_places_ = next;
    environment_.emplace_back(kPidVariable).append(kMostDigits, '\0');
    for (std::string& variable : environment_) environment_pointers_.push_back(variable.data());
    environment_pointers_.push_back(nullptr);
    for (const std::string& argument : program.arguments) {
      argument_pointers_.push_back(const_cast<char*>(argument.c_str()));
    }
    argument_pointers_.push_back(nullptr);
  }

  // In the child.
  [[noreturn]] void execute(const char* path) {
    reset_signals();
    if (apart_) set_apart(*apart_, path);
    char* const digits = environment_.back().data() + kPidVariable.size();
    std::to_chars(digits, digits + kMostDigits, ::getpid());
    // First out of the way of the numbers that they must have, then to those.
    for (Place& place : places_) {
      place.fd = ::fcntl(place.fd, F_DUPFD_CLOEXEC, end_of_places_);
    }
    for (const Place& place : places_) {
      if (::dup2(place.fd, place.number) < 0) fail("cannot pass descriptors to ", path);
    }
    ::close_range(static_cast<unsigned>(end_of_places_), ~0U, CLOSE_RANGE_CLOEXEC);
    ::execve(path, argument_pointers_.data(), environment_pointers_.data());
    fail("cannot execute ", path);
  }

 private:
  struct Place {
    int fd;
    int number;
  };
  static constexpr std::size_t kMostDigits = 12;

  [[noreturn]] static void fail(std::string_view what, std::string_view path) {
    for (const std::string_view word :
         {std::string_view("tusk: "), what, path, std::string_view("\n")}) {
      (void)!::write(STDERR_FILENO, word.data(), word.size());
    }
    ::_exit(kCannotExecute);
  }

  static void set_apart(const Apart& apart, const char* path) {
    // The parent may have ended before prctl(), which tells nothing then: its end of the control
    // channel is closed in that case, and the server process ends by itself.
    if (::setpgid(0, 0) != 0 || ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
        ::dup2(apart.null, STDIN_FILENO) < 0 || ::dup2(apart.null, STDOUT_FILENO) < 0 ||
        ::dup2(apart.error, STDERR_FILENO) < 0)
      fail("cannot set apart ", path);
  }

  // A handler of the supervisor would write to a pipe that both processes have. Signals that were
  // ignored when the supervisor was started (by nohup, say) stay ignored.
  static void reset_signals() {
    for (int signal = 1; signal < NSIG; ++signal) {
      struct sigaction action{};
      if (::sigaction(signal, nullptr, &action) != 0) continue;
      if (action.sa_handler != SIG_IGN) std::signal(signal, SIG_DFL);
    }
    for (const int signal : {SIGPIPE, SIGTTOU, SIGTTIN, SIGUSR1, SIGUSR2})
      std::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
  }

  std::vector<std::string> environment_;
  const std::optional<Apart> apart_;
  std::vector<char*> environment_pointers_;
  std::vector<char*> argument_pointers_;
  std::vector<Place> places_;
  int end_of_places_ = 0;
};

}  // namespace

bool Ending::by_signal() const { return WIFSIGNALED(status); }
int Ending::signal() const { return WTERMSIG(status); }
int Ending::exit_status() const { return WEXITSTATUS(status); }

base::Result<ServerProcess> ServerProcess::start(const ServerProgram& program,
                                                 std::span<const HandedSocket> sockets,
                                                 std::span<const HandedDescriptor> descriptors,
                                                 std::span<const std::string> variables) {
  base::Result<ControlPair> control = make_control_pair();
  if (!control) return std::unexpected(control.error());
  std::vector<HandedDescriptor> all(descriptors.begin(), descriptors.end());
  all.push_back({control->server.get(), kControlVariable});
  ChildStart start(program, sockets, all, variables);

  // A handler of the supervisor must not run in the child.
  sigset_t every;
  sigset_t before;
  sigfillset(&every);
  ::sigprocmask(SIG_SETMASK, &every, &before);
  const pid_t pid = ::fork();
  if (pid == 0) start.execute(program.path.c_str());
  const int error = errno;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return base::fail_errno("cannot start a server process", error);
  return ServerProcess(pid, std::move(control->supervisor));
}

}  // namespace tusk::supervisor
