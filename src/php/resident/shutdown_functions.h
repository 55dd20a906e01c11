// ShutdownFunctions: the functions of register_shutdown_function() that the boot of a resident
// script has registered.
//
// Owner: a ScriptLoop. Thread: the worker.
#pragma once

#include "php/zend.h"

namespace tusk::php::resident {

// PHP has one table. While a request is served it holds the request's functions, which run at the
// request's end. The boot's run when the script ends.
//
// A request that belongs to the boot has both: its functions run at its end, and once more if a
// fatal error ends the script, for the client of that request: that is how frameworks show an error
// page.
class ShutdownFunctions {
 public:
  // The script has booted: its functions make room for those of requests.
  void end_boot() noexcept;
  // A request that belongs to the boot ends, and its functions have run.
  void keep() noexcept;
  // Each request is to run the boot's functions too, as a script does that ends with its request.
  // For scripts whose memory goes back after each.
  void repeat_boot() noexcept;
  // The script ends, and php_request_shutdown() follows: by an error while a request was served, or
  // without one.
  void restore_after_error() noexcept;
  void restore() noexcept;

 private:
  HashTable* boot_ = nullptr;
  HashTable* kept_ = nullptr;
};

}  // namespace tusk::php::resident
