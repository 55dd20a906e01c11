#include "php/resident/state/module_globals.h"

#include "observe/log.h"
#include "php/compatibility/thread_globals.h"
#include "php/extension.h"

namespace tusk::php::resident::state {

void* find_globals(const char* name, std::size_t size) noexcept {
  const zend_module_entry* const module = find_extension(name);
  if (module == nullptr) return nullptr;
  void* const globals = compatibility::globals_of(*module);
  if (globals == nullptr || module->globals_size == size) return globals;
  observe::debug("the globals of an extension have an unknown layout: they are not put back",
                 {{"extension", name}, {"bytes", module->globals_size}, {"expected", size}});
  return nullptr;
}

}  // namespace tusk::php::resident::state
