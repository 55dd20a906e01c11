// LibraryFunctions: tells which of PHP's internal functions may have the frames of a C library
// below them: libcurl, libxml2, SQLite, ...
//
// Thread: any that runs PHP.
#pragma once

#include "php/zend.h"

namespace tusk::php::library {

// Such a library calls back into PHP (a function for incoming data, an SQL function of the script),
// and does not know that PHP leaves by longjmp: what it has open stays open, and what it has locked
// stays locked. So code that would end a script by a bailout asks here first.
//
// The function's extension decides. An unknown extension counts as one that uses a library.
class LibraryFunctions {
 public:
  // Whether a library may be the reason why this function's frame calls PHP.
  static bool calls_back(const zend_execute_data& frame) noexcept;
  // Whether there is such a frame on the script's call stack, including fibers that it waits for.
  static bool on_stack() noexcept;
};

}  // namespace tusk::php::library
