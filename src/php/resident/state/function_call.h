// FunctionCall: a call of one of PHP's functions by its name.
//
// Thread: the worker's. May leave by longjmp.
#pragma once

#include <string_view>

#include "php/zend.h"

namespace tusk::php::resident::state {

class FunctionCall {
 public:
  // Not known: the extension is absent, or disable_functions names it.
  explicit FunctionCall(std::string_view name)
      : function_(static_cast<zend_function*>(
            zend_hash_str_find_ptr(EG(function_table), name.data(), name.size()))) {}

  // `result` is undefined if the function is not known or has thrown. Exceptions are dropped.
  void call(zval* arguments, uint32_t count, zval& result) const {
    ZVAL_UNDEF(&result);
    if (function_ == nullptr) return;
    zend_call_known_function(function_, nullptr, nullptr, &result, count, arguments, nullptr);
    if (EG(exception) != nullptr) zend_clear_exception();
  }

 private:
  zend_function* function_;
};

}  // namespace tusk::php::resident::state
