// LibraryGuard: keeps PHP's longjmp out of the frames of C libraries.
//
// Where a library calls PHP, a bailout (a fatal error, a time limit, no memory left) ends at the
// guard. It makes an exception of it that no script can catch, UnwindExit, which is what exit()
// throws: the library's callback returns, the library ends its call as it does after any failure,
// the extension cleans up, and PHP unwinds the script. What the client, the log and shutdown
// functions see is what they see after a bailout: the error was reported before, and php_error_cb()
// has marked all objects as destructed.
//
// Guarded are calls of PHP functions while a library's function is on top of the script's stack
// (zend_call_function(), which is ours), and the functions of PHP's own that libcurl calls
// (php/library/curl_callbacks.cc), since they allocate. A bailout in any other function that a
// library calls leaves the library's frames: php/abandoned_calls.h deals with that.
//
// Thread: any that runs PHP.
#pragma once

namespace tusk::php::library {

class LibraryGuard {
 public:
  // Calls it. False: it has bailed out, and the exception is thrown.
  static bool run(void (*call)(void*), void* argument) noexcept;
  // In a frame below a library's. It takes the place of an exception that is under way.
  static void throw_unwind_exit() noexcept;
  // Is the script's stack being unwound, so that a library had better stop?
  static bool unwinding() noexcept;

  // What extensions say while they are unwound is not reported: under a bailout they would not have
  // come to say it. Once PHP is started.
  static void install() noexcept;
};

}  // namespace tusk::php::library
