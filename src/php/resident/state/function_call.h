// FunctionCall: a call of one of PHP's functions by its name.
//
// Thread: the worker's. May leave by longjmp.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "php/zend.h"

namespace tusk::php::resident::state {

// The functions that are called. Some of their settings can be changed and read in no other way, so
// the calls work also if disable_functions names a function, which hides it from scripts alone.
inline constexpr std::array<std::string_view, 12> kCalledFunctions = {
    "assert_options",
    "chdir",
    "date_create",
    "libxml_get_external_entity_loader",
    "libxml_set_external_entity_loader",
    "libxml_use_internal_errors",
    "mb_ereg_search_init",
    "mb_regex_encoding",
    "mb_regex_set_options",
    "spl_autoload_extensions",
    "stream_wrapper_unregister",
    "use_soap_error_handler",
};
constexpr bool is_called_function(std::string_view name) {
  return std::ranges::find(kCalledFunctions, name) != kCalledFunctions.end();
}

// Copies them. Main, while modules start: afterwards PHP removes what disable_functions names.
void keep_called_functions() noexcept;

class FunctionCall {
 public:
  // One of kCalledFunctions. If its extension is absent, call() does nothing.
  explicit FunctionCall(std::string_view name);
  FunctionCall(const FunctionCall&) = delete;
  FunctionCall& operator=(const FunctionCall&) = delete;

  // `result` is undefined if the function does not exist or has thrown. Exceptions are dropped.
  void call(zval* arguments, uint32_t count, zval& result) {
    ZVAL_UNDEF(&result);
    if (function_ == nullptr) return;
    zend_call_known_function(function_, nullptr, nullptr, &result, count, arguments, nullptr);
    if (EG(exception) != nullptr) zend_clear_exception();
  }

 private:
  zend_function* function_ = nullptr;
  zend_function kept_;  // set if disable_functions names it
};

}  // namespace tusk::php::resident::state
