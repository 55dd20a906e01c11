// LibraryGuard: keeps PHP's longjmp out of the frames of C libraries.
//
// Thread: any that runs PHP.
#pragma once

namespace tusk::php::library {

// If a bailout (a fatal error, a time limit, no memory left) happens while a library calls PHP, it
// ends at the guard. The guard turns it into an exception that no script can catch, UnwindExit,
// which exit() throws too: the library's callback returns, the library ends its call as after any
// failure, the extension cleans up, and PHP unwinds the script. The client, the log and shutdown
// functions see the same as after a bailout: the error was reported before, and php_error_cb() has
// marked all objects as destructed.
//
// Guarded are calls of PHP functions while a library's function is on top of the script's stack
// (zend_call_function(), which is ours), and the functions of PHP that libcurl calls
// (php/library/curl_callbacks.cc), because they allocate. A bailout in any other function that a
// library calls leaves the library's frames: php/library/library_frames.h and php/library/orphans.h
// deal with that.
class LibraryGuard {
 public:
  // Calls it. False: it has bailed out, and the exception was thrown.
  static bool run(void (*call)(void*), void* argument) noexcept;
  // For a frame below a library's. Replaces an exception that is under way.
  static void throw_unwind_exit() noexcept;
  // Whether the script's stack is being unwound, so that a library should stop.
  static bool unwinding() noexcept;

  // Suppresses what extensions report while they are unwound: after a bailout they would not have
  // reported it. Called once PHP is started.
  static void install() noexcept;
};

}  // namespace tusk::php::library
