#include "php/resident/superglobals.h"

#include <cstdint>

#include "php/zend.h"

namespace tusk::php::resident {

namespace {

// A bit for each of the first 64 auto globals, by their order in CG(auto_globals): whether code
// that names it was compiled.
std::uint64_t named_auto_globals() {
  std::uint64_t named = 0;
  std::uint64_t bit = 1;
  zval* entry = nullptr;
  ZEND_HASH_MAP_FOREACH_VAL(CG(auto_globals), entry) {
    auto* const global = static_cast<zend_auto_global*>(Z_PTR_P(entry));
    if (global->jit && !global->armed) named |= bit;
    bit <<= 1;
  }
  ZEND_HASH_FOREACH_END();
  return named;
}

void free_http_globals() {
  for (zval& global : PG(http_globals)) {
    zval old;
    ZVAL_COPY_VALUE(&old, &global);
    ZVAL_UNDEF(&global);
    zval_ptr_dtor(&old);
  }
}

}  // namespace

void empty_superglobals() {
  free_http_globals();
  zval* entry = nullptr;
  ZEND_HASH_MAP_FOREACH_VAL(CG(auto_globals), entry) {
    const auto* const global = static_cast<const zend_auto_global*>(Z_PTR_P(entry));
    // Not $GLOBALS, which is no variable, nor $_SESSION, which its module removes.
    if (global->auto_global_callback == nullptr) continue;
    zval* const value = zend_hash_find_ind(&EG(symbol_table), global->name);
    if (value == nullptr) continue;
    zval old;
    ZVAL_COPY_VALUE(&old, value);
    ZVAL_EMPTY_ARRAY(value);
    zval_ptr_dtor(&old);
  }
  ZEND_HASH_FOREACH_END();
}

void renew_superglobals() {
  const std::uint64_t named = named_auto_globals();
  free_http_globals();
  php_hash_environment();
  std::uint64_t bit = 1;
  zval* entry = nullptr;
  ZEND_HASH_MAP_FOREACH_VAL(CG(auto_globals), entry) {
    auto* const global = static_cast<zend_auto_global*>(Z_PTR_P(entry));
    if (global->jit && global->armed) {
      if ((named & bit) != 0) {
        global->armed = global->auto_global_callback(global->name);
      } else {
        zend_hash_del_ind(&EG(symbol_table), global->name);
      }
    }
    bit <<= 1;
  }
  ZEND_HASH_FOREACH_END();
}

}  // namespace tusk::php::resident
