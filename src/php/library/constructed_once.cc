#include "php/library/constructed_once.h"

#include <cstring>

#include "php/zend.h"

namespace tusk::php::library {

namespace {

zif_handler construct = nullptr;

// The object's own state is in front of it, and begins with the node that it stands for
// (php_sxe_object in ext/simplexml/php_simplexml_exports.h, whose headers need libxml2's).
bool is_constructed(const zend_object& object) noexcept {
  const auto* const state = reinterpret_cast<const char*>(&object) - object.handlers->offset;
  return *reinterpret_cast<void* const*>(state) != nullptr;
}

void construct_once(INTERNAL_FUNCTION_PARAMETERS) {
  if (is_constructed(*Z_OBJ_P(ZEND_THIS))) {
    zend_throw_error(nullptr, "%s object is already constructed",
                     ZSTR_VAL(Z_OBJCE_P(ZEND_THIS)->name));
    return;
  }
  construct(INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

void stand_before(zend_function* constructor) noexcept {
  if (constructor == nullptr || constructor->internal_function.handler == construct_once) return;
  construct = constructor->internal_function.handler;
  constructor->internal_function.handler = construct_once;
}

}  // namespace

void refuse_second_construction() noexcept {
  // For `new`, a child class has the same constructor; among its methods it has a copy.
  constexpr const char* kClasses[] = {"simplexmlelement", "simplexmliterator"};
  for (const char* const name : kClasses) {
    auto* const type = static_cast<zend_class_entry*>(
        zend_hash_str_find_ptr(CG(class_table), name, std::strlen(name)));
    if (type == nullptr) continue;
    stand_before(type->constructor);
    stand_before(static_cast<zend_function*>(
        zend_hash_str_find_ptr(&type->function_table, ZEND_STRL("__construct"))));
  }
}

}  // namespace tusk::php::library
