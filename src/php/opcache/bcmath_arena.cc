#include "php/opcache/bcmath_arena.h"

#include "php/compatibility/thread_globals.h"
#include "php/extension.h"
#include "php/zend.h"

namespace tusk::php::opcache {

namespace {

// zend_bcmath_globals of ext/bcmath/php_bcmath.h, which PHP does not install.
struct BcmathGlobals {
  void* zero;
  void* one;
  void* two;
  int precision;
  char* arena;
  size_t arena_offset;
};

// Null: there is no bcmath, or its globals have another layout.
constinit const zend_module_entry* bcmath = nullptr;  // written before there are workers

}  // namespace

void find_bcmath_arena() noexcept {
  const zend_module_entry* const module = find_extension("bcmath");
  if (module == nullptr || module->globals_size != sizeof(BcmathGlobals)) return;
  bcmath = module;
}

void forget_bcmath_arena() noexcept {
  if (bcmath == nullptr) return;
  auto* const globals = static_cast<BcmathGlobals*>(compatibility::globals_of(*bcmath));
  globals->arena = nullptr;
  globals->arena_offset = 0;
}

}  // namespace tusk::php::opcache
