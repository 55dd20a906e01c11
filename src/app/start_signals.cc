#include "app/start_signals.h"

#include <csignal>
#include <initializer_list>

#include <unistd.h>

#include "base/process/controlling_terminal.h"
#include "observe/emergency_line.h"

namespace tusk::app {

namespace {

constexpr std::initializer_list<int> kEnding = {SIGTERM, SIGINT, SIGQUIT};

// Written before any handler can read them.
constinit pid_t server = 0;
constinit bool hangups_ignored = false;
constinit bool had_terminal = false;
constinit base::UniqueFd left_terminal;

constinit volatile std::sig_atomic_t hangup = 0;

sigset_t ending_signals() noexcept {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : kEnding) sigaddset(&set, signal);
  return set;
}

// Async-signal-safe. A program that a preload script has forked is not the server.
void end_start(int signal) {
  if (::getpid() != server) {
    std::signal(signal, SIG_DFL);
    (void)::kill(::getpid(), signal);
    return;
  }
  if (observe::enabled(observe::Level::kInfo)) {
    observe::EmergencyLine("stopped before the start was complete", observe::Level::kInfo)
        .text("signal", signal_name(signal))
        .write();
  }
  ::_exit(0);
}

void note_hangup(int) { hangup = 1; }

}  // namespace

// Signals that would end or stop the server because of what a client, a script or a terminal does.
// Child processes of scripts get the default actions again (php/process/child_process.cc,
// php/process/signals.cc).
void ignore_signals() noexcept {
  for (const int number : {
           SIGPIPE,  // a client has closed; write() fails with EPIPE
           SIGXFSZ,  // an upload or a script's file above RLIMIT_FSIZE; write() fails with EFBIG
           SIGTTOU,  // the log is a terminal with `stty tostop`, and the server in the background
           SIGTTIN,  // a script opens /dev/tty there and reads; read() fails with EIO
           SIGUSR1,  // other servers reopen their logs on it
           SIGUSR2,
       }) {
    std::signal(number, SIG_IGN);
  }
}

void keep_signals_as_init() noexcept {
  if (::getpid() != 1) return;
  const sigset_t set = ending_signals();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

void end_start_on_signals() noexcept {
  server = ::getpid();
  had_terminal = base::process::has_controlling_terminal();
  struct sigaction before{};
  ::sigaction(SIGHUP, nullptr, &before);
  hangups_ignored = before.sa_handler == SIG_IGN;
  struct sigaction action{};
  sigfillset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  action.sa_handler = end_start;
  for (const int signal : kEnding) ::sigaction(signal, &action, nullptr);
  action.sa_handler = note_hangup;
  if (!hangups_ignored) ::sigaction(SIGHUP, &action, nullptr);
  release_signals();
}

void hold_signals() noexcept {
  const sigset_t set = ending_signals();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

const char* held_signal() noexcept {
  sigset_t pending;
  if (::sigpending(&pending) != 0) return nullptr;
  for (const int signal : kEnding) {
    if (::sigismember(&pending, signal) == 1) return signal_name(signal);
  }
  return nullptr;
}

bool is_told_to_end() noexcept { return held_signal() != nullptr; }

void release_signals() noexcept {
  const sigset_t set = ending_signals();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

bool hangups_are_ignored() noexcept { return hangups_ignored; }

bool hung_up_during_start() noexcept { return hangup != 0; }

void leave_terminal() noexcept { left_terminal = base::process::leave_controlling_terminal(); }

bool terminal_is_gone() noexcept {
  if (left_terminal) return base::process::is_hung_up(left_terminal);
  return had_terminal && !base::process::has_controlling_terminal();
}

const char* signal_name(int signal) noexcept {
  switch (signal) {
    case SIGINT:
      return "SIGINT";
    case SIGHUP:
      return "SIGHUP";
    case SIGQUIT:
      return "SIGQUIT";
    default:
      return "SIGTERM";
  }
}

}  // namespace tusk::app
