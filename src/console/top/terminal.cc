#include "console/top/terminal.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace tusk::console::top {

namespace {

// The alternate screen, without a cursor, and lines that do not go on in the next.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
constexpr std::string_view kLeave = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

// The bytes of a sequence that begins with ESC; 1 if it is the key alone.
std::size_t sequence_bytes(std::string_view typed) {
  if (typed.size() < 2 || (typed[1] != '[' && typed[1] != 'O')) return 1;
  std::size_t end = 2;
  while (end < typed.size() && (typed[end] < '@' || typed[end] > '~')) ++end;
  return std::min(end + 1, typed.size());
}

}  // namespace

Terminal::Key take_typed_key(std::string& typed) {
  using Key = Terminal::Key;
  if (typed.empty()) return Key::kNone;
  const std::size_t bytes = typed[0] == '\x1b' ? sequence_bytes(typed) : 1;
  const std::string key = typed.substr(0, bytes);
  typed.erase(0, bytes);
  if (key == "\x1b[A" || key == "\x1bOA" || key == "k") return Key::kUp;
  if (key == "\x1b[B" || key == "\x1bOB" || key == "j") return Key::kDown;
  if (key == "\x1b") return Key::kEscape;
  if (key == "q" || key == "Q") return Key::kQuit;
  if (key == "s") return Key::kSort;
  if (key == "b") return Key::kBacktrace;
  if (key == "p" || key == " ") return Key::kPause;
  if (key == "\x0c") return Key::kRedraw;
  return Key::kNone;
}

bool Terminal::is_there() {
  const char* const kind = std::getenv("TERM");
  const std::string_view name = kind != nullptr ? kind : "";
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1 && !name.empty() &&
         name != "dumb";
}

Terminal::Terminal() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH, SIGPIPE}) {
    ::sigaddset(&signals, signal);
  }
  ::sigprocmask(SIG_BLOCK, &signals, &mask_before_);
  signals_ = base::UniqueFd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  enter();
}

Terminal::~Terminal() {
  leave();
  ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

void Terminal::enter() {
  ::tcgetattr(STDIN_FILENO, &before_);
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  write_all(kEnter);
}

void Terminal::leave() {
  write_all(kLeave);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

TerminalSize Terminal::size() const {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    return {};
  }
  return {.columns = size.ws_col, .rows = size.ws_row};
}

void Terminal::draw(const std::vector<ScreenLine>& lines) {
  std::string text = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const ScreenLine& line = lines[i];
    if (i > 0) text += "\r\n";
    if (line.style == ScreenLine::Style::kHeading) text += "\x1b[1m";
    if (line.style == ScreenLine::Style::kSelected) text += "\x1b[7m";
    text += line.text + "\x1b[0m\x1b[K";
  }
  write_all(text + "\x1b[J");
}

Terminal::Key Terminal::wait(std::chrono::milliseconds most) {
  if (!typed_.empty()) return take_typed_key(typed_);
  std::array<pollfd, 2> waits{pollfd{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                              pollfd{.fd = signals_.get(), .events = POLLIN, .revents = 0}};
  if (::poll(waits.data(), waits.size(), static_cast<int>(most.count())) <= 0) return Key::kNone;
  if (waits[1].revents != 0) return take_signal();
  return take_key();
}

Terminal::Key Terminal::take_key() {
  std::array<char, 256> bytes;
  const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
  if (count < 0 && errno == EINTR) return Key::kNone;
  if (count <= 0) return Key::kGone;
  typed_.assign(bytes.data(), static_cast<std::size_t>(count));
  return take_typed_key(typed_);
}

Terminal::Key Terminal::take_signal() {
  signalfd_siginfo signal{};
  if (::read(signals_.get(), &signal, sizeof signal) != sizeof signal) return Key::kNone;
  switch (static_cast<int>(signal.ssi_signo)) {
    case SIGWINCH:
      return Key::kRedraw;
    case SIGTSTP:
      leave();
      ::raise(SIGSTOP);
      enter();
      return Key::kRedraw;
    // Somebody else has stopped the program, and the shell has taken its terminal back.
    case SIGCONT:
      leave();
      enter();
      return Key::kRedraw;
    default:
      ending_signal_ = static_cast<int>(signal.ssi_signo);
      return Key::kGone;
  }
}

}  // namespace tusk::console::top
