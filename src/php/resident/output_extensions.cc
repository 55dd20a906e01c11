#include "php/resident/output_extensions.h"

#include <array>

#include "php/extension.h"
#include "php/zend.h"

namespace tusk::php::resident {

namespace {

// Their functions for a request's start and end do nothing else. Null: absent.
using Modules = std::array<const zend_module_entry*, 2>;

const Modules& modules() noexcept {
  static const Modules modules = {find_extension("zlib"), find_extension("tidy")};
  return modules;
}

}  // namespace

void start_output_extensions() {
  for (const zend_module_entry* const module : modules()) {
    if (module != nullptr && module->request_startup_func != nullptr)
      module->request_startup_func(module->type, module->module_number);
  }
}

void end_output_extensions() {
  for (const zend_module_entry* const module : modules()) {
    if (module != nullptr && module->request_shutdown_func != nullptr)
      module->request_shutdown_func(module->type, module->module_number);
  }
}

}  // namespace tusk::php::resident
