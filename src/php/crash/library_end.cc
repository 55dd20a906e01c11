// abort(), assertions and exit(): how a library gives up the whole process because of one caller's
// data (GMP's overflow, libtidy's assertions). The executable replaces libc's functions: on a
// thread that runs a script, the log says which library it was and for which request, and if
// nothing else is damaged only the thread stops (php/crash/containment.h). All other threads, and
// processes that a script or a library has forked, get libc's behaviour.
//
// PHP's own abort() means that its heap is corrupted (zend_mm_panic()), and libc's own does not
// pass here: both end the process. libphp's exit() means that malloc() has failed
// (zend_out_of_memory()).

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/process/sanitizer_build.h"
#include "observe/crash/crash_handler.h"
#include "observe/fixed_text.h"
#include "php/crash/containment.h"
#include "php/crash/crash_decision.h"
#include "php/libc/libc_function.h"

namespace {

using tusk::observe::crash::has_crash_handler;
using tusk::observe::crash::remove_crash_handler;
using tusk::php::crash::Containment;
using tusk::php::crash::on_library_exit;
using tusk::php::libc::libc_function;

bool on_worker() noexcept { return Containment::current() != nullptr && has_crash_handler(); }

std::uintptr_t address_of(void* code) noexcept { return reinterpret_cast<std::uintptr_t>(code); }

// Does not look up libc's function, which a child after vfork() must not do. A sanitizer has
// something to report at the end.
[[noreturn]] void leave(int status) noexcept {
#if TUSK_SANITIZER_BUILD
  static const auto next = libc_function<decltype(::_exit)>("_exit");
  next(status);
#endif
  for (;;) ::syscall(SYS_exit_group, status);
}

// exit() would run the destructors of objects that other threads use.
void end_of_worker(const char* what, int status, void* caller) noexcept {
  if (!on_worker()) return;
  on_library_exit({.what = what, .detail = {}, .caller = address_of(caller), .php_may_park = true});
  leave(status != 0 ? status : 1);
}

[[noreturn]] void abort_now() noexcept {
  // The handler has nothing to add.
  remove_crash_handler();
  static const auto next = libc_function<decltype(::abort)>("abort");
  next();
  leave(127);
}

struct Assertion {
  const char* text;
  const char* file;
  const char* function;
  unsigned line;
};

[[noreturn]] void assertion_failed(const Assertion& assertion, void* caller) noexcept {
  const auto or_unknown = [](const char* text) { return text != nullptr ? text : "?"; };
  tusk::observe::FixedText text;
  text.append(or_unknown(assertion.text));
  text.append(" in ");
  text.append(or_unknown(assertion.function));
  text.append(", ");
  text.append(or_unknown(assertion.file));
  text.push_back(':');
  text.append_number(assertion.line);
  if (has_crash_handler()) {
    on_library_exit({.what = "assertion", .detail = text.view(), .caller = address_of(caller)});
  } else {
    // The same text as libc's.
    text.append(": assertion failed\n");
    [[maybe_unused]] const auto written =
        ::write(STDERR_FILENO, text.view().data(), text.view().size());
  }
  abort_now();
}

}  // namespace

extern "C" {

__attribute__((noreturn)) void abort() noexcept {
  if (has_crash_handler()) {
    on_library_exit(
        {.what = "abort()", .detail = {}, .caller = address_of(__builtin_return_address(0))});
  }
  abort_now();
}

// NOLINTBEGIN(bugprone-reserved-identifier): glibc's names are what is replaced
__attribute__((noreturn)) void __assert_fail(const char* assertion, const char* file, unsigned line,
                                             const char* function) noexcept {
  assertion_failed({assertion, file, function, line}, __builtin_return_address(0));
}

__attribute__((noreturn)) void __assert(const char* assertion, const char* file,
                                        int line) noexcept {
  assertion_failed({assertion, file, "?", static_cast<unsigned>(line)},
                   __builtin_return_address(0));
}

__attribute__((noreturn)) void __assert_perror_fail(int error, const char* file, unsigned line,
                                                    const char* function) noexcept {
  assertion_failed({::strerrordesc_np(error), file, function, line}, __builtin_return_address(0));
}
// NOLINTEND(bugprone-reserved-identifier)

__attribute__((noreturn)) void exit(int status) noexcept {
  end_of_worker("exit()", status, __builtin_return_address(0));
  static const auto next = libc_function<decltype(::exit)>("exit");
  next(status);
  leave(status);
}

__attribute__((noreturn)) void quick_exit(int status) noexcept {
  end_of_worker("quick_exit()", status, __builtin_return_address(0));
  static const auto next = libc_function<decltype(::quick_exit)>("quick_exit");
  next(status);
  leave(status);
}

__attribute__((noreturn)) void _exit(int status) {
  end_of_worker("_exit()", status, __builtin_return_address(0));
  leave(status);
}

__attribute__((noreturn)) void _Exit(int status) noexcept {
  end_of_worker("_Exit()", status, __builtin_return_address(0));
  leave(status);
}

// GMP raises SIGFPE if, for example, a number has no square root, and aborts if that has no effect.
int raise(int signal) noexcept {
  const bool fatal = signal == SIGABRT || signal == SIGFPE || signal == SIGSEGV ||
                     signal == SIGILL || signal == SIGBUS;
  if (fatal && on_worker()) {
    on_library_exit(
        {.what = "raise()", .detail = {}, .caller = address_of(__builtin_return_address(0))});
    remove_crash_handler();
  }
  static const auto next = libc_function<decltype(::raise)>("raise");
  return next(signal);
}

}  // extern "C"
