// The entry of an extension in PHP's registry.
//
// Thread: any, after the extensions are registered.
#pragma once

#include <string_view>

#include "php/zend.h"

namespace tusk::php {

// `name` in lower case. Null: the extension is absent.
inline zend_module_entry* find_extension(std::string_view name) noexcept {
  return static_cast<zend_module_entry*>(
      zend_hash_str_find_ptr(&module_registry, name.data(), name.size()));
}

}  // namespace tusk::php
