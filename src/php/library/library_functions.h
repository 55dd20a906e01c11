// LibraryFunctions: which of PHP's internal functions may have the frames of a C library below
// them: libcurl, libxml2, SQLite, ...
//
// Such a library calls back into PHP (a function for the data that comes, an SQL function of the
// script's), and does not know that PHP leaves by longjmp: what it has open stays open, what it has
// locked stays locked. So whoever would end a script by a bailout asks here first.
//
// Told by the extension that the function belongs to. One that is not known counts as a library's.
//
// Thread: any that runs PHP.
#pragma once

#include "php/zend.h"

namespace tusk::php::library {

class LibraryFunctions {
 public:
  // May a library be what makes this function's frame call PHP?
  static bool calls_back(const zend_execute_data& frame) noexcept;
  // Is there any such frame on the script's call stack, fibers that it waits for included?
  static bool on_stack() noexcept;
};

}  // namespace tusk::php::library
