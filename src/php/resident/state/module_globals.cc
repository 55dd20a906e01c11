#include "php/resident/state/module_globals.h"

#include "observe/log.h"
#include "php/extension.h"

namespace tusk::php::resident::state {

void* find_globals(const char* name, std::size_t size) noexcept {
  const zend_module_entry* const module = find_extension(name);
  if (module == nullptr || module->globals_id_ptr == nullptr) return nullptr;
  if (module->globals_size == size) return ts_resource(*module->globals_id_ptr);
  observe::debug("the globals of an extension have an unknown layout: they are not put back",
                 {{"extension", name}, {"bytes", module->globals_size}, {"expected", size}});
  return nullptr;
}

}  // namespace tusk::php::resident::state
