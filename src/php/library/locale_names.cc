#include "php/library/locale_names.h"

#include <string_view>

#include "php/ini.h"
#include "php/library/locale_language.h"
#include "php/zend.h"

namespace tusk::php::library {

namespace {

// Returns the argument of that number, or its default value.
std::string_view locale_of(zend_execute_data* execute_data, unsigned number) noexcept {
  if (ZEND_CALL_NUM_ARGS(execute_data) >= number) {
    zval* argument = ZEND_CALL_ARG(execute_data, number);
    ZVAL_DEREF(argument);
    if (Z_TYPE_P(argument) == IS_STRING && Z_STRLEN_P(argument) > 0) {
      return {Z_STRVAL_P(argument), Z_STRLEN_P(argument)};
    }
  }
  return ini_value("intl.default_locale");
}

void fail(zval* return_value) noexcept { ZVAL_FALSE(return_value); }

void fail_to_construct(zval* /*return_value*/) noexcept {
  auto* const type = static_cast<zend_class_entry*>(
      zend_hash_str_find_ptr(EG(class_table), ZEND_STRL("intlexception")));
  zend_throw_exception(type, "The language of the locale is too long: U_ILLEGAL_ARGUMENT_ERROR", 1);
}

void have_none(zval* return_value) noexcept { ZVAL_NULL(return_value); }

// One instance per function, because a handler cannot tell for which function it was called.
template <unsigned kArgument, int kFunction, void (*kFail)(zval*) noexcept>
struct Refusing {
  static inline zif_handler original = nullptr;

  static void call(INTERNAL_FUNCTION_PARAMETERS) {
    if (has_invalid_language(locale_of(execute_data, kArgument))) return kFail(return_value);
    original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
  }

  static void stand_before(HashTable* functions, std::string_view name) noexcept {
    auto* const function = static_cast<zend_internal_function*>(
        zend_hash_str_find_ptr(functions, name.data(), name.size()));
    if (function == nullptr) return;
    original = function->handler;
    function->handler = call;
  }
};

HashTable* methods_of(std::string_view type) noexcept {
  auto* const found = static_cast<zend_class_entry*>(
      zend_hash_str_find_ptr(CG(class_table), type.data(), type.size()));
  return found != nullptr ? &found->function_table : nullptr;
}

}  // namespace

void refuse_invalid_locales() noexcept {
  if (HashTable* const methods = methods_of("intldatepatterngenerator")) {
    Refusing<1, 0, fail_to_construct>::stand_before(methods, "__construct");
    Refusing<1, 1, have_none>::stand_before(methods, "create");
  }
  if (HashTable* const methods = methods_of("intldateformatter")) {
    Refusing<3, 2, fail>::stand_before(methods, "formatobject");
  }
  Refusing<3, 3, fail>::stand_before(CG(function_table), "datefmt_format_object");
}

}  // namespace tusk::php::library
