#include "php/preload/start_in_child.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "observe/log.h"

namespace tusk::php::preload {

namespace {

// It ends what the child has written.
constexpr char kEnd = '\x04';

[[noreturn]] void run_child(int answer, int messages, pid_t parent,
                            const std::function<std::string()>& work) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::raise(SIGKILL);
  const rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  // PHP writes to them, and says the same when it starts in earnest.
  const base::UniqueFd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (nowhere) {
    ::dup2(nowhere.get(), STDOUT_FILENO);
    ::dup2(messages >= 0 ? messages : nowhere.get(), STDERR_FILENO);
  }
  const std::string text = work() + kEnd;
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t written = ::write(answer, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  ::_exit(EXIT_SUCCESS);
}

// What PHP has said last; empty: nothing.
std::string last_message(int messages) {
  std::array<char, 2048> buffer{};
  const off_t size = messages < 0 ? 0 : ::lseek(messages, 0, SEEK_END);
  const off_t from = std::max<off_t>(size - static_cast<off_t>(buffer.size()), 0);
  const ssize_t got = size <= 0 ? 0 : ::pread(messages, buffer.data(), buffer.size(), from);
  std::string_view text(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  text = text.substr(0, text.find_last_not_of('\n') + 1);
  text = text.substr(text.rfind('\n') + 1);
  // OPcache begins with the time and the thread.
  constexpr std::string_view kFatal = "Fatal Error ";
  const std::size_t fatal = text.find(kFatal);
  return std::string(fatal == std::string_view::npos ? text : text.substr(fatal + kFatal.size()));
}

std::string end_text(int status, int messages) {
  std::string text;
  if (WIFSIGNALED(status)) {
    const char* const name = ::sigabbrev_np(WTERMSIG(status));
    text = std::string("PHP crashes by SIG") + (name != nullptr ? name : "?");
  } else {
    text = "PHP ends its process with status " + std::to_string(WEXITSTATUS(status));
  }
  const std::string message = last_message(messages);
  return message.empty() ? text : text + ": " + message;
}

// False: it takes too long.
bool read_answer(int from, base::MonotonicTime until, std::string& text) {
  std::array<char, 16384> buffer{};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - base::now()).count();
    pollfd ready{.fd = from, .events = POLLIN, .revents = 0};
    const int found = left > 0 ? ::poll(&ready, 1, static_cast<int>(left)) : 0;
    if (found < 0 && errno == EINTR) continue;
    if (found <= 0) return false;
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

base::Result<std::string> in_child(base::MonotonicTime until,
                                   const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return base::fail_errno("make a pipe", errno);
  const base::UniqueFd read_end(ends[0]);
  base::UniqueFd write_end(ends[1]);
  const base::UniqueFd messages(::memfd_create("preload-messages", MFD_CLOEXEC));
  // The thread that writes the log is not in the child.
  observe::flush();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return base::fail_errno("fork", errno);
  if (child == 0) run_child(write_end.get(), messages.get(), parent, work);
  write_end.reset();
  std::string text;
  const bool in_time = read_answer(read_end.get(), until, text);
  if (!in_time) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time) return base::fail("PHP takes too long");
  if (!text.ends_with(kEnd)) return base::fail(end_text(status, messages.get()));
  text.pop_back();
  return text;
}

}  // namespace tusk::php::preload
