// openlog(), syslog(), setlogmask() and related functions. On threads that run scripts they work on
// the thread's own state (php/libc/system_log.h). Fortified callers reach "__syslog_chk".

#include <cstdarg>

#include <syslog.h>

#include "php/libc/libc_function.h"
#include "php/script_thread.h"

// NOLINTNEXTLINE(bugprone-reserved-identifier): glibc's name is what is replaced
extern "C" void __vsyslog_chk(int priority, int flag, const char* format, va_list arguments);

namespace {

using tusk::php::ScriptThread;
using tusk::php::libc::libc_function;

void log(int priority, int flag, const char* format, va_list arguments) {
  static const auto next = libc_function<decltype(::__vsyslog_chk)>("__vsyslog_chk");
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) {
    next(priority, flag, format, arguments);
  } else {
    thread->system_log.log(priority, format, arguments);
  }
}

}  // namespace

extern "C" void openlog(const char* name, int options, int facility) {
  static const auto next = libc_function<decltype(::openlog)>("openlog");
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) return next(name, options, facility);
  thread->system_log.open(name, options, facility);
}

extern "C" void closelog() {
  static const auto next = libc_function<decltype(::closelog)>("closelog");
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) return next();
  thread->system_log.close();
}

extern "C" int setlogmask(int mask) noexcept {
  static const auto next = libc_function<decltype(::setlogmask)>("setlogmask");
  ScriptThread* const thread = ScriptThread::current();
  return thread == nullptr ? next(mask) : thread->system_log.set_mask(mask);
}

extern "C" void vsyslog(int priority, const char* format, va_list arguments) {
  log(priority, 0, format, arguments);
}

extern "C" void __vsyslog_chk(int priority, int flag, const char* format, va_list arguments) {
  log(priority, flag, format, arguments);
}

extern "C" void syslog(int priority, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  log(priority, 0, format, arguments);
  va_end(arguments);
}

// NOLINTNEXTLINE(bugprone-reserved-identifier): glibc's name is what is replaced
extern "C" void __syslog_chk(int priority, int flag, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  log(priority, flag, format, arguments);
  va_end(arguments);
}
