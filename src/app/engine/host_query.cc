#include "app/engine/host_query.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process/spawn.h"
#include "base/unique_fd.h"
#include "host/settings/host_settings.h"

namespace tusk::app {

namespace {

base::UniqueFd memory_file(const char* name) {
  return base::UniqueFd(::memfd_create(name, MFD_CLOEXEC));
}

bool write_all(int file, std::string_view text) {
  return ::pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

std::string read_all(int file) {
  struct stat info{};
  if (::fstat(file, &info) != 0) return {};
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  const ssize_t got = ::pread(file, text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

// PHP calls exit() for some mistakes, after it has written its message to stderr.
std::string end_text(int status, StartMessages messages) {
  if (!WIFSIGNALED(status))
    return "it ended with status " + std::to_string(WEXITSTATUS(status)) +
           (messages == StartMessages::kNowhere ? "" : ": its message is on stderr");
  const char* const name = ::sigabbrev_np(WTERMSIG(status));
  return std::string("it was killed by SIG") + (name != nullptr ? name : "?");
}

}  // namespace

base::Result<host::HostFacts> ask_php_host(const std::string& program,
                                           const php::Settings& settings, StartMessages messages,
                                           Preload preload) {
  host::HostSettings told{};
  told.php = settings;
  // Each host looks at the list itself.
  told.php.preload = {};
  if (preload == Preload::kSkip)
    told.php.directives.push_back({.name = "opcache.preload", .value = ""});
  told.log.level = observe::Level::kWarn;
  // Not below the numbers that the program gets.
  base::UniqueFd memory[2];
  for (base::UniqueFd& file : memory) {
    const base::UniqueFd made = memory_file("php-host");
    file = base::UniqueFd(::fcntl(made.get(), F_DUPFD_CLOEXEC, host::kFactsFile + 1));
    if (!file) return base::fail_errno("make a file in memory", errno);
  }
  if (!write_all(memory[0].get(), host::encode(told)))
    return base::fail("cannot write a file in memory");
  const base::Result<pid_t> pid =
      base::process::spawn({.program = program,
                            .arguments = {host::kFactsCommand},
                            .descriptors = {{.from = memory[0].get(), .to = host::kSettingsFile},
                                            {.from = memory[1].get(), .to = host::kFactsFile}},
                            .is_silent = messages == StartMessages::kNowhere});
  if (!pid) return std::unexpected(pid.error());
  int status = 0;
  while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
  }
  const std::string answer = read_all(memory[1].get());
  if (answer.empty())
    return base::fail(program + " cannot start PHP: " + end_text(status, messages));
  return host::decode_facts(answer);
}

}  // namespace tusk::app
