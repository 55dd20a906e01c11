// Loading OPcache twice: tusk has PHP load it (php/ini.cc), and so does the configuration of most
// installations, Debian's for one. PHP would complain on the standard error output and go on.

#include <cstring>

#include <dlfcn.h>

#include "php/libc/libc_function.h"
#include "php/zend.h"

namespace {

using tusk::php::libc::libc_function;

bool is_loaded_opcache(void* library) noexcept {
  const auto* const entry =
      static_cast<const zend_extension*>(::dlsym(library, "zend_extension_entry"));
  return entry != nullptr && entry->name != nullptr &&
         std::strcmp(entry->name, "Zend OPcache") == 0 &&
         zend_get_extension(entry->name) != nullptr;
}

}  // namespace

// Replaces libphp's function of this name (Zend/zend_extensions.c).
extern "C" ZEND_API zend_result zend_load_extension_handle(DL_HANDLE library, const char* path) {
  static const auto next =
      libc_function<decltype(zend_load_extension_handle)>("zend_load_extension_handle");
  if (!is_loaded_opcache(library)) return next(library, path);
  ::dlclose(library);
  return SUCCESS;
}
