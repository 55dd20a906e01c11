// getenv(), putenv() and related functions. On threads that run scripts they work on the script's
// own view of the environment (php/libc/environment_overlay.h), which ends with its request. So C
// libraries that the script calls see what it has set, and no other thread does. libc's own calls
// of getenv() do not come here: LANGUAGE and LOCPATH are those of the process. (TZ is handled in
// php/libc/calendar_time.cc.)
//
// The environment of the process does not change once workers run, so it is read without a lock.

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string_view>

#include <unistd.h>

#include "php/compatibility/thread_globals.h"
#include "php/libc/libc_function.h"
#include "php/script_thread.h"
#include "php/zend.h"

namespace {

using tusk::php::ScriptThread;
using tusk::php::libc::libc_function;

// This must also work before main(), when libraries start, so it does not look up the next
// getenv().
char* process_variable(std::string_view name) noexcept {
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    if (std::strncmp(*at, name.data(), name.size()) == 0 && (*at)[name.size()] == '=') {
      return *at + name.size() + 1;
    }
  }
  return nullptr;
}

bool is_name(const char* name) noexcept {
  return name != nullptr && *name != '\0' && std::strchr(name, '=') == nullptr;
}

// The limit of a script's environment. PHP keeps a copy of each variable (pe.putenv_string in
// PHP_FUNCTION(putenv)) that it does not count, nor does it count ours: both together may be as
// large as the request's memory_limit. A library's setenv() has the same limit.
std::size_t most_bytes() noexcept {
  const bool limited = tusk::php::compatibility::has_globals() && PG(memory_limit) >= 0;
  return limited ? static_cast<std::size_t>(PG(memory_limit)) / 2
                 : std::numeric_limits<std::size_t>::max();
}

int set(ScriptThread& thread, std::string_view name, std::string_view value) noexcept {
  if (thread.environment.set(name, value, most_bytes())) return 0;
  errno = ENOMEM;
  return -1;
}

// A variable that the process does not have need not be hidden.
void unset(ScriptThread& thread, std::string_view name) noexcept {
  if (process_variable(name) != nullptr) {
    thread.environment.unset(name);
  } else {
    thread.environment.forget(name);
  }
}

int invalid() noexcept {
  errno = EINVAL;
  return -1;
}

}  // namespace

extern "C" char* getenv(const char* name) noexcept {
  if (ScriptThread* const thread = ScriptThread::current(); thread != nullptr) {
    const auto found = thread->environment.find(name);
    if (found.known) return found.value;
  }
  return process_variable(name);
}

extern "C" char* secure_getenv(const char* name) noexcept {
  static const auto next = libc_function<decltype(::secure_getenv)>("secure_getenv");
  return ScriptThread::current() == nullptr ? next(name) : ::getenv(name);
}

// PHP keeps the string until the request ends, but other callers may not, so it is copied.
extern "C" int putenv(char* text) noexcept {
  static const auto next = libc_function<decltype(::putenv)>("putenv");
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) return next(text);
  const std::string_view setting(text);
  const std::size_t equals = setting.find('=');
  if (equals != std::string_view::npos) {
    return set(*thread, setting.substr(0, equals), setting.substr(equals + 1));
  }
  unset(*thread, setting);
  return 0;
}

extern "C" int setenv(const char* name, const char* value, int overwrite) noexcept {
  static const auto next = libc_function<decltype(::setenv)>("setenv");
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) return next(name, value, overwrite);
  if (!is_name(name)) return invalid();
  return overwrite != 0 || ::getenv(name) == nullptr ? set(*thread, name, value) : 0;
}

extern "C" int unsetenv(const char* name) noexcept {
  static const auto next = libc_function<decltype(::unsetenv)>("unsetenv");
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) return next(name);
  if (!is_name(name)) return invalid();
  unset(*thread, name);
  return 0;
}
