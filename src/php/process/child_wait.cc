#include "php/process/child_wait.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include "php/libc/blocking_calls.h"
#include "php/libc/libc_function.h"
#include "php/script_thread.h"

namespace {

using tusk::php::ScriptThread;
using tusk::php::libc::libc_function;
using tusk::php::libc::or_timed_out;

int options_for(pid_t process, int options) noexcept {
  const bool any = process == -1 || process == 0;
  return any && ScriptThread::current() != nullptr ? options | __WNOTHREAD : options;
}

}  // namespace

// The others are wait4() with fewer arguments.
extern "C" pid_t wait4(pid_t process, int* status, int options, rusage* usage) noexcept {
  static const auto next = libc_function<decltype(::wait4)>("wait4");
  return or_timed_out(next(process, status, options_for(process, options), usage));
}

extern "C" pid_t wait3(int* status, int options, rusage* usage) noexcept {
  return ::wait4(-1, status, options, usage);
}

extern "C" pid_t waitpid(pid_t process, int* status, int options) {
  static const auto next = libc_function<decltype(::waitpid)>("waitpid");
  return or_timed_out(next(process, status, options_for(process, options)));
}

extern "C" pid_t wait(int* status) { return ::waitpid(-1, status, 0); }

extern "C" int waitid(idtype_t type, id_t id, siginfo_t* info, int options) {
  static const auto next = libc_function<decltype(::waitid)>("waitid");
  return next(type, id, info, type == P_ALL ? options_for(-1, options) : options);
}
