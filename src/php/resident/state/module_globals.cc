#include "php/resident/state/module_globals.h"

#include <cstring>

#include "observe/log.h"

namespace tusk::php::resident::state {

zend_module_entry* find_module(const char* name) noexcept {
  return static_cast<zend_module_entry*>(
      zend_hash_str_find_ptr_lc(&module_registry, name, std::strlen(name)));
}

void* find_globals(const char* name, std::size_t size) noexcept {
  const zend_module_entry* const module = find_module(name);
  if (module == nullptr || module->globals_id_ptr == nullptr) return nullptr;
  if (module->globals_size == size) return ts_resource(*module->globals_id_ptr);
  observe::debug("the globals of an extension have an unknown layout: they are not put back",
                 {{"extension", name}, {"bytes", module->globals_size}, {"expected", size}});
  return nullptr;
}

}  // namespace tusk::php::resident::state
