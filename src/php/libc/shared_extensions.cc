// Extensions in `.so` files are opened without RTLD_DEEPBIND, so that they and their libraries call
// the functions that tusk replaces, as extensions inside of libphp do: without it curl_exec() would
// not end at a time limit, and posix_kill() would end the worker. PHP uses the flag before 8.5; it
// was made for servers that bring libraries of their own under the same names, and the executable
// exports nothing else than what it replaces.
//
// What PHP loads by zend_extension keeps the flag: OPcache's record locks are tusk's
// (php/opcache/).
#include <dlfcn.h>

#include "php/zend.h"

// Replaces libphp's function of this name (ext/standard/dl.c).
extern "C" PHPAPI void* php_load_shlib(const char* path, char** error) {
  void* const library = ::dlopen(path, PHP_RTLD_MODE | RTLD_GLOBAL);
  if (library == nullptr) *error = estrdup(::dlerror());
  return library;
}
