#include "app/engine/host_query.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "host/settings/host_settings.h"

extern char** environ;

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

// The program's descriptors are above 2, and one that is duplicated to itself loses FD_CLOEXEC.
base::Result<pid_t> spawn(const std::string& program, int settings, int answer,
                          StartMessages messages) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&actions, settings, host::kSettingsFile);
  ::posix_spawn_file_actions_adddup2(&actions, answer, host::kFactsFile);
  if (messages == StartMessages::kNowhere)
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  sigset_t none;
  sigset_t defaults;
  sigemptyset(&none);
  sigfillset(&defaults);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::array<char*, 3> arguments{const_cast<char*>(program.c_str()),
                                 const_cast<char*>(host::kFactsCommand), nullptr};
  pid_t pid = 0;
  const int error =
      ::posix_spawn(&pid, program.c_str(), &actions, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return base::fail_errno("cannot execute " + program, error);
  return pid;
}

std::string end_text(int status) {
  if (!WIFSIGNALED(status)) return "it ended with status " + std::to_string(WEXITSTATUS(status));
  const char* const name = ::sigabbrev_np(WTERMSIG(status));
  return std::string("it was killed by SIG") + (name != nullptr ? name : "?");
}

}  // namespace

base::Result<host::HostFacts> ask_php_host(const std::string& program,
                                           const php::Settings& settings, StartMessages messages,
                                           Preload preload) {
  host::HostSettings told{};
  told.php = settings;
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
  const base::Result<pid_t> pid = spawn(program, memory[0].get(), memory[1].get(), messages);
  if (!pid) return std::unexpected(pid.error());
  int status = 0;
  while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
  }
  const std::string answer = read_all(memory[1].get());
  if (answer.empty()) return base::fail(program + " cannot start PHP: " + end_text(status));
  return host::decode_facts(answer);
}

}  // namespace tusk::app
