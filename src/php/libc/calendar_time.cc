// localtime(), mktime() and related functions. libc has one time zone for the process, from the
// process's TZ. If a script has set another one, it applies to the script's thread only
// (php/libc/time_zone.h). And libc returns some results in buffers of the process; these functions
// use the thread's, on every thread.

#include <array>
#include <ctime>
#include <optional>
#include <string>

#include "php/libc/libc_function.h"
#include "php/libc/time_zone.h"
#include "php/script_thread.h"

namespace {

using tusk::php::ScriptThread;
using tusk::php::libc::libc_function;
using tusk::php::libc::TimeZone;

constinit thread_local std::tm parts{};
// asctime_r() needs 26; a year may have more than four digits.
constinit thread_local std::array<char, 64> text{};

// Null: the process's time zone.
const TimeZone* zone_of_script() {
  struct Known {
    std::optional<std::string> variable;  // none: TZ is not set
    TimeZone zone;
  };
  static thread_local std::optional<Known> known;
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr || thread->environment.empty()) return nullptr;
  const auto found = thread->environment.find("TZ");
  if (!found.known) return nullptr;
  std::optional<std::string> variable;
  if (found.value != nullptr) variable = found.value;
  if (!known || known->variable != variable) {
    known = {.variable = variable, .zone = TimeZone::of_variable(found.value)};
  }
  return &known->zone;
}

}  // namespace

extern "C" std::tm* localtime_r(const std::time_t* time, std::tm* to) noexcept {
  static const auto next = libc_function<decltype(::localtime_r)>("localtime_r");
  const TimeZone* const zone = zone_of_script();
  return zone == nullptr ? next(time, to) : zone->local(*time, to);
}

// localtime_r() need not look at the present TZ, but localtime() must (POSIX).
extern "C" std::tm* localtime(const std::time_t* time) noexcept {
  ::tzset();
  return ::localtime_r(time, &parts);
}

extern "C" std::time_t mktime(std::tm* time) noexcept {
  static const auto next = libc_function<decltype(::mktime)>("mktime");
  const TimeZone* const zone = zone_of_script();
  return zone == nullptr ? next(time) : zone->make(time);
}

// Other threads must not see a script's TZ, and its own thread does not use libc's variables.
extern "C" void tzset() noexcept {
  static const auto next = libc_function<decltype(::tzset)>("tzset");
  if (ScriptThread::current() == nullptr) next();
}

extern "C" std::tm* gmtime(const std::time_t* time) noexcept { return ::gmtime_r(time, &parts); }

// NOLINTBEGIN(bugprone-unsafe-functions): what their callers ask for
extern "C" char* asctime(const std::tm* time) noexcept { return ::asctime_r(time, text.data()); }

extern "C" char* ctime_r(const std::time_t* time, char* to) noexcept {
  std::tm local{};
  return ::localtime_r(time, &local) == nullptr ? nullptr : ::asctime_r(&local, to);
}

extern "C" char* ctime(const std::time_t* time) noexcept {
  ::tzset();
  return ::ctime_r(time, text.data());
}
// NOLINTEND(bugprone-unsafe-functions)
