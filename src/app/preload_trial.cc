#include "app/preload_trial.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/captured_stderr.h"
#include "app/engine/engine.h"
#include "base/clock.h"
#include "observe/log.h"

namespace tusk::app {

namespace {

// The supervisor gives a server process the same time to start.
constexpr base::Duration kLongest = std::chrono::seconds(60);

// Each text ends with a zero.
void write_text(int fd, const std::string& text) {
  for (std::size_t at = 0; at <= text.size();) {
    const ssize_t written = ::write(fd, text.c_str() + at, text.size() + 1 - at);
    if (written <= 0) return;
    at += static_cast<std::size_t>(written);
  }
}

std::string take_text(std::string& texts) {
  const std::size_t end = std::min(texts.find('\0'), texts.size());
  std::string text = texts.substr(0, end);
  texts.erase(0, end + 1);
  return text;
}

std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of('\n');
  if (end == std::string::npos) return "it writes no message";
  const std::size_t start = text.rfind('\n', end);
  return text.substr(start == std::string::npos ? 0 : start + 1, end - start);
}

[[noreturn]] void run_child(const plan::ProcessPlan& plan, int answer) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The script's output is nobody's.
  const base::UniqueFd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (nowhere) ::dup2(nowhere.get(), STDOUT_FILENO);
  plan::ProcessPlan tried = plan;
  // What tusk preloads by itself keeps no PHP from starting.
  if (tried.php) tried.php->preload = {};
  const auto [engine, facts] = start_engine(tried, StartMessages::kStderr, Preload::kRun);
  for (const std::string& text :
       {engine ? std::string() : engine.error().message, facts.preload.script, facts.preload.user})
    write_text(answer, text);
  observe::flush();
  std::fflush(stderr);
  ::_exit(EXIT_SUCCESS);
}

// False: it takes too long, and was killed.
bool wait_for_end(pid_t child, int answer, std::string& texts) {
  const base::MonotonicTime until = base::now() + kLongest;
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - base::now()).count();
    pollfd ready{.fd = answer, .events = POLLIN, .revents = 0};
    const int found = left > 0 ? ::poll(&ready, 1, static_cast<int>(left)) : 0;
    if (found < 0 && errno == EINTR) continue;
    if (found <= 0) {
      ::kill(child, SIGKILL);
      return false;
    }
    const ssize_t got = ::read(answer, buffer.data(), buffer.size());
    if (got <= 0) return true;
    texts.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

PreloadTrial try_preload(const plan::ProcessPlan& plan) {
  PreloadTrial trial;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return trial;
  const base::UniqueFd read_end(ends[0]);
  base::UniqueFd write_end(ends[1]);
  observe::flush();
  CapturedStderr captured;
  const pid_t child = ::fork();
  if (child < 0) return trial;
  if (child == 0) run_child(plan, write_end.get());
  write_end.reset();
  std::string texts;
  const bool in_time = wait_for_end(child, read_end.get(), texts);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  trial.messages = captured.end();
  const bool answered = !texts.empty();
  trial.failure = take_text(texts);
  trial.script = take_text(texts);
  trial.user = take_text(texts);
  if (!in_time) {
    trial.failure = "opcache.preload: PHP has not started within a minute";
  } else if (!answered) {
    trial.failure =
        "opcache.preload: PHP ends its process while it starts: " + last_line(trial.messages);
  }
  return trial;
}

}  // namespace tusk::app
