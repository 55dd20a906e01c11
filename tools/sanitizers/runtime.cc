// Functions for sanitizers, linked into their builds only: dlopen() without RTLD_DEEPBIND and
// without an end, and the options of sanitizers.
//
// PHP opens its extensions with that flag (DL_LOAD in Zend/zend_portability.h), which would let
// them bind to another malloc() than the sanitizer's; the runtime refuses to go on. The thread
// sanitizer refuses as well when a library that a suppression names is unloaded, and reports of
// leaks need the names of what was called.

#include <dlfcn.h>

extern "C" void* dlopen(const char* file, int mode) noexcept {
  using Function = void* (*)(const char*, int);
  static const auto next = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "dlopen"));
  return next(file, (mode & ~RTLD_DEEPBIND) | RTLD_NODELETE);
}

// With their default the runtimes call setrlimit() before they can bear it that ours is called
// (src/php/process/process_effects.cc).
// NOLINTBEGIN(bugprone-reserved-identifier): the runtimes look for these names
extern "C" const char* __asan_default_options() { return "disable_coredump=0"; }
extern "C" const char* __tsan_default_options() { return "disable_coredump=0"; }
// NOLINTEND(bugprone-reserved-identifier)
