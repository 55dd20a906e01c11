#include "php/resident/doctor/fingerprint.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <string_view>

namespace tusk::php::resident::doctor {

namespace {

constexpr int kDeepest = 12;
constexpr int kMostElements = 50'000;  // of one value, at all depths
constexpr std::size_t kMostBytes = 1U << 16U;

std::uint64_t mixed(std::uint64_t hash, std::uint64_t part) {
  return std::rotl((hash ^ part) * 0x9e3779b97f4a7c15ULL, 29) + part;
}

// A null pointer stands for the key of a list.
std::uint64_t hash_of(const zend_string* text) {
  if (text == nullptr) return 0;
  const std::string_view bytes(ZSTR_VAL(text), std::min(ZSTR_LEN(text), kMostBytes));
  return mixed(std::hash<std::string_view>{}(bytes), ZSTR_LEN(text));
}

std::uint64_t hash_of(const zval& value, int depth, int& left);

std::uint64_t hash_of(const HashTable& table, int depth, int& left) {
  std::uint64_t hash = zend_hash_num_elements(&table);
  if (depth >= kDeepest) return hash;
  zend_ulong index = 0;
  zend_string* key = nullptr;
  zval* element = nullptr;
  ZEND_HASH_FOREACH_KEY_VAL(compatibility::to_visit(&table), index, key, element) {
    if (--left < 0) return hash;
    hash = mixed(hash, key == nullptr ? index : hash_of(key));
    hash = mixed(hash, hash_of(*element, depth + 1, left));
  }
  ZEND_HASH_FOREACH_END();
  return hash;
}

std::uint64_t hash_of(const zval& given, int depth, int& left) {
  const zval* value = &given;
  if (Z_TYPE_P(value) == IS_INDIRECT) value = Z_INDIRECT_P(value);
  ZVAL_DEREF(value);
  const std::uint64_t type = Z_TYPE_P(value);
  switch (type) {
    case IS_LONG:
      return mixed(type, static_cast<std::uint64_t>(Z_LVAL_P(value)));
    case IS_DOUBLE:
      return mixed(type, std::bit_cast<std::uint64_t>(Z_DVAL_P(value)));
    case IS_STRING:
      return mixed(type, hash_of(Z_STR_P(value)));
    case IS_ARRAY:
      return mixed(type, hash_of(*Z_ARRVAL_P(value), depth, left));
    case IS_OBJECT:
      return mixed(mixed(type, Z_OBJ_HANDLE_P(value)),
                   std::bit_cast<std::uint64_t>(Z_OBJCE_P(value)));
    case IS_RESOURCE:
      return mixed(type, static_cast<std::uint64_t>(Z_RES_HANDLE_P(value)));
    default:
      return type;
  }
}

}  // namespace

Fingerprint fingerprint(const zval& given) {
  const zval* value = &given;
  if (Z_TYPE_P(value) == IS_INDIRECT) value = Z_INDIRECT_P(value);
  ZVAL_DEREF(value);
  int left = kMostElements;
  Fingerprint print;
  print.type = Z_TYPE_P(value);
  print.hash = hash_of(*value, 0, left);
  if (print.type == IS_STRING) print.size = Z_STRLEN_P(value);
  if (print.type == IS_ARRAY) print.size = zend_hash_num_elements(Z_ARRVAL_P(value));
  if (print.type == IS_RESOURCE) print.size = static_cast<std::uint64_t>(Z_RES_HANDLE_P(value));
  if (print.type == IS_OBJECT) {
    print.size = Z_OBJ_HANDLE_P(value);
    print.of_class = Z_OBJCE_P(value);
  }
  return print;
}

std::string description(const Fingerprint& print) {
  const auto sized = [&](const char* type) {
    return type + ("(" + std::to_string(print.size) + ")");
  };
  switch (print.type) {
    case IS_UNDEF:
      return "not set";
    case IS_NULL:
      return "null";
    case IS_FALSE:
    case IS_TRUE:
      return "bool";
    case IS_LONG:
      return "int";
    case IS_DOUBLE:
      return "float";
    case IS_STRING:
      return sized("string");
    case IS_ARRAY:
      return sized("array");
    case IS_RESOURCE:
      return sized("resource");
    case IS_OBJECT:
      return std::string(ZSTR_VAL(print.of_class->name)) + "#" + std::to_string(print.size);
    default:
      return "constant expression";
  }
}

}  // namespace tusk::php::resident::doctor
