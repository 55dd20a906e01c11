// Child processes of scripts: those that exec(), shell_exec(), popen(), proc_open() and mail()
// start.
//
// On threads that run scripts, posix_spawn() and popen() give a child
//
//   no blocked signal and default dispositions, instead of those of a worker of the server;
//   no descriptors except those it was meant to have: neither the server's, nor what other scripts
//   have open at that moment;
//   the script's environment (php/libc/environment_overlay.h), unless another one was passed;
//   the script's working directory, which PHP does not apply in proc_open() and mail();
//   the descriptor limit that the server was started with, not that of a server.

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
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

#include "base/descriptor_limit.h"
#include "base/guarded.h"
#include "base/unique_fd.h"
#include "php/libc/libc_function.h"
#include "php/libc/working_directory.h"
#include "php/process/program_start.h"
#include "php/script_thread.h"

namespace {

using tusk::php::ScriptThread;
using tusk::php::libc::libc_function;
using tusk::php::process::ProgramStart;
using tusk::php::process::StartStep;

// PHP builds a list of file actions just before it spawns, one list at a time.
struct FileActions {
  const posix_spawn_file_actions_t* list = nullptr;
  bool complete = true;  // every action of the list is one of the steps
  std::vector<StartStep> steps;
};
constinit thread_local FileActions file_actions;

// Records a step of the list that was initialised here; other lists are not recorded.
void note_step(const posix_spawn_file_actions_t* list, StartStep step) {
  if (list == file_actions.list) file_actions.steps.push_back(std::move(step));
}

void note_other_step(const posix_spawn_file_actions_t* list) noexcept {
  if (list == file_actions.list) file_actions.complete = false;
}

// Sets signal mask and dispositions as a shell does.
class DefaultSignals {
 public:
  DefaultSignals() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~DefaultSignals() { ::posix_spawnattr_destroy(&attributes_); }
  DefaultSignals(const DefaultSignals&) = delete;
  DefaultSignals& operator=(const DefaultSignals&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

// For callers other than PHP that spawn with attributes, or with actions that were not recorded:
// the program gets its descriptor limit a moment after it began.
int spawn_by_libc(const ProgramStart& start, pid_t& process,
                  const posix_spawn_file_actions_t* actions, const posix_spawnattr_t* attributes) {
  static const auto next = libc_function<decltype(::posix_spawn)>("posix_spawn");
  const auto path = std::ranges::find_if(
      start.paths, [](const std::string& one) { return ::access(one.c_str(), X_OK) == 0; });
  if (path == start.paths.end()) return ENOENT;
  const DefaultSignals usual;
  const int error =
      next(&process, path->c_str(), actions, attributes != nullptr ? attributes : usual.get(),
           start.arguments, start.environment);
  if (error == 0) tusk::base::restore_descriptor_limit(process);
  return error;
}

int spawn_for_script(ScriptThread& thread, pid_t* pid, ProgramStart start,
                     const posix_spawn_file_actions_t* actions,
                     const posix_spawnattr_t* attributes) {
  if (start.environment == environ) start.environment = thread.environment.merge(environ);
  pid_t process = -1;
  int error = 0;
  if (actions != nullptr && actions == file_actions.list && file_actions.complete &&
      attributes == nullptr) {
    start.steps = file_actions.steps;
    error = tusk::php::process::start_program(start, process);
  } else {
    error = spawn_by_libc(start, process, actions, attributes);
  }
  if (error != 0) return error;
  if (pid != nullptr) *pid = process;
  thread.has_children = true;
  thread.attributes.apply_to(process);
  return 0;
}

// The paths that execvp() would try. libc would use the PATH of the process.
std::vector<std::string> program_paths(const char* file) {
  if (std::strchr(file, '/') != nullptr) return {file};
  const char* const variable = ::getenv("PATH");
  std::string_view path = variable != nullptr ? variable : "/bin:/usr/bin";
  std::vector<std::string> paths;
  while (true) {
    const std::size_t end = path.find(':');
    std::string candidate(path.substr(0, end));
    paths.push_back(candidate.append(candidate.empty() ? "./" : "/").append(file));
    if (end == std::string_view::npos) return paths;
    path.remove_prefix(end + 1);
  }
}

}  // namespace

extern "C" {

int posix_spawn_file_actions_init(posix_spawn_file_actions_t* actions) noexcept {
  static const auto next =
      libc_function<decltype(::posix_spawn_file_actions_init)>("posix_spawn_file_actions_init");
  const int error = next(actions);
  if (error != 0 || ScriptThread::current() == nullptr) return error;
  file_actions = {.list = actions, .complete = true, .steps = {}};
  // First, so that a relative directory given to proc_open() begins there.
  tusk::php::libc::PathBuffer buffer;
  const char* const directory = tusk::php::libc::script_directory(buffer);
  return directory == nullptr ? 0 : ::posix_spawn_file_actions_addchdir_np(actions, directory);
}

int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t* actions, int from,
                                     int to) noexcept {
  static const auto next = libc_function<decltype(::posix_spawn_file_actions_adddup2)>(
      "posix_spawn_file_actions_adddup2");
  note_step(actions, {StartStep::Kind::kDuplicate, from, to, {}});
  return next(actions, from, to);
}

int posix_spawn_file_actions_addclose(posix_spawn_file_actions_t* actions, int fd) noexcept {
  static const auto next = libc_function<decltype(::posix_spawn_file_actions_addclose)>(
      "posix_spawn_file_actions_addclose");
  note_step(actions, {StartStep::Kind::kClose, -1, fd, {}});
  return next(actions, fd);
}

int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t* actions,
                                         const char* path) noexcept {
  static const auto next = libc_function<decltype(::posix_spawn_file_actions_addchdir_np)>(
      "posix_spawn_file_actions_addchdir_np");
  note_step(actions, {StartStep::Kind::kEnterDirectory, -1, -1, path});
  return next(actions, path);
}

int posix_spawn_file_actions_addopen(posix_spawn_file_actions_t* actions, int fd, const char* path,
                                     int flags, mode_t mode) noexcept {
  static const auto next = libc_function<decltype(::posix_spawn_file_actions_addopen)>(
      "posix_spawn_file_actions_addopen");
  note_other_step(actions);
  return next(actions, fd, path, flags, mode);
}

int posix_spawn_file_actions_addfchdir_np(posix_spawn_file_actions_t* actions, int fd) noexcept {
  static const auto next = libc_function<decltype(::posix_spawn_file_actions_addfchdir_np)>(
      "posix_spawn_file_actions_addfchdir_np");
  note_other_step(actions);
  return next(actions, fd);
}

int posix_spawn(pid_t* pid, const char* file, const posix_spawn_file_actions_t* actions,
                const posix_spawnattr_t* attributes, char* const arguments[],
                char* const environment[]) {
  static const auto next = libc_function<decltype(::posix_spawn)>("posix_spawn");
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) return next(pid, file, actions, attributes, arguments, environment);
  return spawn_for_script(*thread, pid, {{file}, arguments, environment, {}}, actions, attributes);
}

int posix_spawnp(pid_t* pid, const char* file, const posix_spawn_file_actions_t* actions,
                 const posix_spawnattr_t* attributes, char* const arguments[],
                 char* const environment[]) {
  static const auto next = libc_function<decltype(::posix_spawnp)>("posix_spawnp");
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) return next(pid, file, actions, attributes, arguments, environment);
  return spawn_for_script(*thread, pid, {program_paths(file), arguments, environment, {}}, actions,
                          attributes);
}

}  // extern "C"

// --- popen(): libc's own spawns with the process's environment, so this one is ours ---

namespace {

using OpenPipes = std::vector<std::pair<FILE*, pid_t>>;

// Shared by all threads, so that a pipe may be closed where no scripts run any more.
tusk::base::Guarded<OpenPipes>& open_pipes() {
  static auto& pipes = *new tusk::base::Guarded<OpenPipes>;
  return pipes;
}

// Returns 0 for a pipe that is not ours.
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
