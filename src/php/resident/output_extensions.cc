#include "php/resident/output_extensions.h"

#include <array>
#include <string_view>

#include "php/zend.h"

namespace tusk::php::resident {

namespace {

// Their functions for a request's start and end do nothing else. Null: absent.
using Modules = std::array<const zend_module_entry*, 2>;

const zend_module_entry* find(std::string_view name) noexcept {
  return static_cast<const zend_module_entry*>(
      zend_hash_str_find_ptr(&module_registry, name.data(), name.size()));
}

const Modules& modules() noexcept {
  static const Modules modules = {find("zlib"), find("tidy")};
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
