// getenv(), putenv() and their kind: on threads that run scripts they work on the script's own view
// of the environment (php/environment_overlay.h), which ends with its request; so C libraries that
// the script calls see what it has set, and nobody else does. libc's own calls of getenv() do not
// come here: LANGUAGE, LOCPATH are those of the process. (TZ is seen to in php/calendar_time.cc.)
//
// The environment of the process does not change once workers run, so it is read without a lock.

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <unistd.h>

#include "php/libc_function.h"
#include "php/script_thread.h"

namespace {

using tusk::php::libc_function;
using tusk::php::ScriptThread;

// Must also work before main(), when libraries start: no look-up of the next getenv().
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

// PHP keeps the string until the request's end, others may not: it is copied.
extern "C" int putenv(char* text) noexcept {
  static const auto next = libc_function<decltype(::putenv)>("putenv");
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) return next(text);
  const std::string_view setting(text);
  const std::size_t equals = setting.find('=');
  if (equals == std::string_view::npos) {
    thread->environment.unset(setting);
  } else {
    thread->environment.set(setting.substr(0, equals), setting.substr(equals + 1));
  }
  return 0;
}

extern "C" int setenv(const char* name, const char* value, int overwrite) noexcept {
  static const auto next = libc_function<decltype(::setenv)>("setenv");
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) return next(name, value, overwrite);
  if (!is_name(name)) return invalid();
  if (overwrite != 0 || ::getenv(name) == nullptr) thread->environment.set(name, value);
  return 0;
}

extern "C" int unsetenv(const char* name) noexcept {
  static const auto next = libc_function<decltype(::unsetenv)>("unsetenv");
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) return next(name);
  if (!is_name(name)) return invalid();
  thread->environment.unset(name);
  return 0;
}
