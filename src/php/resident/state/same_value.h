// Whether two zvals are the same value: equal if they are scalars, else one object in memory.
//
// Thread: the worker's; a pure function.
#pragma once

#include "php/zend.h"

namespace tusk::php::resident::state {

// It runs no code of a script and compares no contents, so equal strings, arrays and objects that
// are not the same one in memory differ.
inline bool is_same_value(const zval& left, const zval& right) {
  if (Z_TYPE(left) != Z_TYPE(right)) return false;
  if (Z_TYPE(left) < IS_LONG) return true;  // undefined, null, false, true
  if (Z_TYPE(left) == IS_LONG) return Z_LVAL(left) == Z_LVAL(right);
  if (Z_TYPE(left) == IS_DOUBLE) return Z_DVAL(left) == Z_DVAL(right);
  return Z_PTR(left) == Z_PTR(right);
}

}  // namespace tusk::php::resident::state
