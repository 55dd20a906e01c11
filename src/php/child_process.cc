// Child processes of scripts: what exec(), shell_exec(), popen(), proc_open() and mail() start.
//
// On threads that run scripts, posix_spawn() and popen() give a child
//
//   no signal blocked and default dispositions, not those of a worker of the server;
//   no descriptor but those it was meant to have: neither the server's, nor what other scripts
//   have open at that moment;
//   the script's environment (php/environment_overlay.h), unless another was passed;
//   the script's working directory, which PHP does not see to in proc_open() and mail().

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/guarded.h"
#include "base/unique_fd.h"
#include "php/libc_function.h"
#include "php/script_thread.h"
#include "php/working_directory.h"

namespace {

using tusk::php::libc_function;
using tusk::php::ScriptThread;

constexpr int kFirstOther = STDERR_FILENO + 1;

// PHP puts a list of file actions together just before it spawns, one at a time.
struct FileActions {
  const posix_spawn_file_actions_t* list = nullptr;
  int first_other = kFirstOther;  // no descriptor from here on is meant for the child
};
constinit thread_local FileActions file_actions;

// Signal mask and dispositions as from a shell.
class UsualSignals {
 public:
  UsualSignals() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~UsualSignals() { ::posix_spawnattr_destroy(&attributes_); }
  UsualSignals(const UsualSignals&) = delete;
  UsualSignals& operator=(const UsualSignals&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

using Spawn = decltype(::posix_spawn);

struct Program {
  const char* file;
  char* const* arguments;
  char* const* environment;
};

int spawn_for_script(Spawn* next, ScriptThread& thread, pid_t* pid, const Program& program,
                     const posix_spawn_file_actions_t* actions,
                     const posix_spawnattr_t* attributes) {
  char* const* environment = program.environment;
  if (environment == environ) environment = thread.environment.merge(environ);
  if (actions != nullptr && actions == file_actions.list) {
    // PHP's own list, which it destroys next.
    ::posix_spawn_file_actions_addclosefrom_np(const_cast<posix_spawn_file_actions_t*>(actions),
                                               file_actions.first_other);
  }
  const UsualSignals usual;
  const int error =
      next(pid, program.file, actions, attributes != nullptr ? attributes : usual.get(),
           program.arguments, environment);
  if (error == 0) {
    thread.has_children = true;
    thread.attributes.give_to(*pid);
  }
  return error;
}

// Where a script has changed PATH: libc would look at that of the process. Empty: not found.
std::string find_program(std::string_view path, const char* file) {
  while (true) {
    const std::size_t end = path.find(':');
    std::string candidate(path.substr(0, end));
    candidate.append(candidate.empty() ? "./" : "/").append(file);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    if (end == std::string_view::npos) return {};
    path.remove_prefix(end + 1);
  }
}

}  // namespace

extern "C" int posix_spawn_file_actions_init(posix_spawn_file_actions_t* actions) noexcept {
  static const auto next =
      libc_function<decltype(::posix_spawn_file_actions_init)>("posix_spawn_file_actions_init");
  const int error = next(actions);
  if (error != 0 || ScriptThread::current() == nullptr) return error;
  file_actions = {actions, kFirstOther};
  // First, so that a relative directory given to proc_open() begins there.
  tusk::php::PathBuffer buffer;
  const char* const directory = tusk::php::script_directory(buffer);
  return directory == nullptr ? 0 : ::posix_spawn_file_actions_addchdir_np(actions, directory);
}

extern "C" int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t* actions, int from,
                                                int to) noexcept {
  static const auto next = libc_function<decltype(::posix_spawn_file_actions_adddup2)>(
      "posix_spawn_file_actions_adddup2");
  if (actions == file_actions.list) {
    file_actions.first_other = std::max(file_actions.first_other, to + 1);
  }
  return next(actions, from, to);
}

extern "C" int posix_spawn(pid_t* pid, const char* file, const posix_spawn_file_actions_t* actions,
                           const posix_spawnattr_t* attributes, char* const arguments[],
                           char* const environment[]) {
  static const auto next = libc_function<Spawn>("posix_spawn");
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) return next(pid, file, actions, attributes, arguments, environment);
  return spawn_for_script(next, *thread, pid, {file, arguments, environment}, actions, attributes);
}

extern "C" int posix_spawnp(pid_t* pid, const char* file, const posix_spawn_file_actions_t* actions,
                            const posix_spawnattr_t* attributes, char* const arguments[],
                            char* const environment[]) {
  static const auto next = libc_function<Spawn>("posix_spawnp");
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) return next(pid, file, actions, attributes, arguments, environment);
  const auto path = thread->environment.find("PATH");
  if (path.value == nullptr || std::strchr(file, '/') != nullptr) {
    return spawn_for_script(next, *thread, pid, {file, arguments, environment}, actions,
                            attributes);
  }
  const std::string found = find_program(path.value, file);
  if (found.empty()) return ENOENT;
  return spawn_for_script(next, *thread, pid, {found.c_str(), arguments, environment}, actions,
                          attributes);
}

// --- popen(): libc's own spawns with the process's environment, so this one is ours ---

namespace {

using OpenPipes = std::vector<std::pair<FILE*, pid_t>>;

// Of all threads, so that a pipe may be closed where no scripts run any more.
tusk::base::Guarded<OpenPipes>& open_pipes() {
  static auto& pipes = *new tusk::base::Guarded<OpenPipes>;
  return pipes;
}

// 0: not one of ours.
pid_t forget_pipe(FILE* stream) {
  auto pipes = open_pipes().lock();
  const auto found = std::ranges::find(*pipes, stream, &OpenPipes::value_type::first);
  if (found == pipes->end()) return 0;
  const pid_t process = found->second;
  pipes->erase(found);
  return process;
}

pid_t spawn_shell(const char* command, int child_end, int child_fd) {
  posix_spawn_file_actions_t actions;
  if (::posix_spawn_file_actions_init(&actions) != 0) return -1;
  ::posix_spawn_file_actions_adddup2(&actions, child_end, child_fd);
  char shell[] = "sh";
  char option[] = "-c";
  char* const arguments[] = {shell, option, const_cast<char*>(command), nullptr};
  pid_t process = -1;
  const int error = ::posix_spawn(&process, "/bin/sh", &actions, nullptr, arguments, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error == 0) return process;
  errno = error;
  return -1;
}

FILE* open_pipe(const char* command, bool reads) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return nullptr;
  tusk::base::UniqueFd own(ends[reads ? 0 : 1]);
  const tusk::base::UniqueFd other(ends[reads ? 1 : 0]);
  FILE* const stream = ::fdopen(own.get(), reads ? "r" : "w");
  if (stream == nullptr) return nullptr;
  (void)own.release();
  const pid_t process = spawn_shell(command, other.get(), reads ? STDOUT_FILENO : STDIN_FILENO);
  if (process < 0) {
    const int error = errno;
    std::fclose(stream);
    errno = error;
    return nullptr;
  }
  open_pipes().lock()->emplace_back(stream, process);
  return stream;
}

}  // namespace

extern "C" FILE* popen(const char* command, const char* mode) {
  static const auto next = libc_function<decltype(::popen)>("popen");
  if (ScriptThread::current() == nullptr) return next(command, mode);
  if (mode[0] != 'r' && mode[0] != 'w') {
    errno = EINVAL;
    return nullptr;
  }
  return open_pipe(command, mode[0] == 'r');
}

extern "C" int pclose(FILE* stream) {
  static const auto next = libc_function<decltype(::pclose)>("pclose");
  const pid_t process = forget_pipe(stream);
  if (process == 0) return next(stream);
  std::fclose(stream);
  int status = -1;
  while (::waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return status;
}
