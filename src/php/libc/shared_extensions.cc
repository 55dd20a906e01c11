// Extensions in `.so` files are opened without RTLD_DEEPBIND, so that they and their libraries call
// the functions that tusk replaces, as extensions inside of libphp do: with it, curl_exec() would
// not end at a time limit, and posix_kill() would end the worker. PHP uses the flag before 8.5; it
// was made for servers that bring libraries of their own under the same names, and the executable
// exports nothing else than what it replaces.
//
// OPcache keeps the flag: its record locks are between processes, and tusk's fcntl() would make
// them locks of a thread (php/opcache/opcache_lock.h, php/opcache/shared_lock.h).
#include <string_view>

#include <dlfcn.h>

#include "php/sqlite/connections.h"
#include "php/zend.h"

namespace {

bool is_opcache(std::string_view path) noexcept {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name == "opcache.so" || name == "opcache";
}

}  // namespace

// Replaces libphp's function of this name (ext/standard/dl.c). What PHP loads by zend_extension
// comes here too, unless its path is absolute.
extern "C" PHPAPI void* php_load_shlib(const char* path, char** error) {
  const int bind = is_opcache(path) ? RTLD_DEEPBIND : 0;
  void* const library = ::dlopen(path, PHP_RTLD_MODE | RTLD_GLOBAL | bind);
  if (library == nullptr) *error = estrdup(::dlerror());
  // The extension may have brought SQLite, and has not started it.
  tusk::php::sqlite::configure_sqlite();
  return library;
}
