#include "php/resident/shutdown_functions.h"

#include <utility>

namespace tusk::php::resident {

namespace {

// Moves the functions of `from` behind those of `to`, and frees it. A bailout, for want of memory,
// loses what has not been moved.
void append(HashTable*& to, HashTable* from) noexcept {
  if (from == nullptr) return;
  if (to == nullptr) {
    to = from;
    return;
  }
  zend_try {
    zval* function = nullptr;
    ZEND_HASH_FOREACH_VAL(from, function) { zend_hash_next_index_insert(to, function); }
    ZEND_HASH_FOREACH_END();
    from->pDestructor = nullptr;  // the entries are the other table's
    zend_hash_destroy(from);
    FREE_HASHTABLE(from);
  }
  zend_end_try();
}

HashTable* take_functions() { return std::exchange(BG(user_shutdown_function_names), nullptr); }

}  // namespace

void ShutdownFunctions::end_boot() noexcept { boot_ = take_functions(); }

void ShutdownFunctions::keep() noexcept { append(kept_, take_functions()); }

void ShutdownFunctions::repeat_boot() noexcept {
  BG(user_shutdown_function_names) = std::exchange(boot_, nullptr);
}

// In the order in which they were registered.
void ShutdownFunctions::restore_after_error() noexcept {
  HashTable* all = std::exchange(boot_, nullptr);
  append(all, std::exchange(kept_, nullptr));
  append(all, take_functions());
  BG(user_shutdown_function_names) = all;
}

void ShutdownFunctions::restore() noexcept {
  zend_try { php_free_shutdown_functions(); }
  zend_end_try();
  BG(user_shutdown_function_names) = std::exchange(kept_, nullptr);
  zend_try { php_free_shutdown_functions(); }
  zend_end_try();
  BG(user_shutdown_function_names) = std::exchange(boot_, nullptr);
}

}  // namespace tusk::php::resident
