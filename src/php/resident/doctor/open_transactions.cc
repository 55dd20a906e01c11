#include "php/resident/doctor/open_transactions.h"

#include <string>
#include <string_view>

#include "php/resident/doctor/mysql_transaction.h"
#include "php/zend.h"

namespace tusk::php::resident::doctor {

namespace {

// PQTRANS_INTRANS and PQTRANS_INERROR of libpq: what pg_transaction_status() returns.
constexpr zend_long kPgInTransaction = 2;
constexpr zend_long kPgInFailedTransaction = 3;

// An extension that is not loaded has no class.
zend_class_entry* internal_class(std::string_view name) {
  auto* const entry = static_cast<zend_class_entry*>(
      zend_hash_str_find_ptr(EG(class_table), name.data(), name.size()));
  return entry != nullptr && entry->type == ZEND_INTERNAL_CLASS ? entry : nullptr;
}

// disable_functions takes them out of the table.
zend_function* internal_function(const HashTable& table, std::string_view name) {
  auto* const function =
      static_cast<zend_function*>(zend_hash_str_find_ptr(&table, name.data(), name.size()));
  return function != nullptr && function->type == ZEND_INTERNAL_FUNCTION ? function : nullptr;
}

void discard_exception_of_call() {
  if (EG(exception) == nullptr) return;
  OBJ_RELEASE(EG(exception));
  EG(exception) = nullptr;
}

// Asks PDO itself and not a method of a derived class, which would be PHP code. An object whose
// constructor has failed throws.
bool is_pdo_in_transaction(zend_function* method, zend_object* object) noexcept {
  zval result;
  ZVAL_UNDEF(&result);
  zend_try { zend_call_known_function(method, object, object->ce, &result, 0, nullptr, nullptr); }
  zend_end_try();
  discard_exception_of_call();
  return Z_TYPE(result) == IS_TRUE;
}

// The object's layout is private to the extension, so its function is asked. It throws if the
// connection was closed.
bool is_pgsql_in_transaction(zend_function* function, zend_object* object) noexcept {
  zval result;
  zval connection;
  ZVAL_UNDEF(&result);
  ZVAL_OBJ(&connection, object);
  zend_try {
    zend_call_known_function(function, nullptr, nullptr, &result, 1, &connection, nullptr);
  }
  zend_end_try();
  discard_exception_of_call();
  if (Z_TYPE(result) != IS_LONG) return false;
  return Z_LVAL(result) == kPgInTransaction || Z_LVAL(result) == kPgInFailedTransaction;
}

class Connections {
 public:
  Connections() {
    if (pdo_ != nullptr) pdo_method_ = internal_function(pdo_->function_table, "intransaction");
    if (pgsql_ != nullptr)
      pgsql_function_ = internal_function(*EG(function_table), "pg_transaction_status");
  }

  bool any() const {
    return pdo_method_ != nullptr || mysqli_ != nullptr || pgsql_function_ != nullptr;
  }

  bool is_in_transaction(zend_object* object) const {
    if (pdo_method_ != nullptr && instanceof_function(object->ce, pdo_))
      return is_pdo_in_transaction(pdo_method_, object);
    if (mysqli_ != nullptr && instanceof_function(object->ce, mysqli_))
      return is_mysqli_in_transaction(*object);
    if (pgsql_function_ != nullptr && object->ce == pgsql_)
      return is_pgsql_in_transaction(pgsql_function_, object);
    return false;
  }

 private:
  zend_class_entry* pdo_ = internal_class("pdo");
  zend_class_entry* mysqli_ = internal_class("mysqli");
  zend_class_entry* pgsql_ = internal_class("pgsql\\connection");  // final
  zend_function* pdo_method_ = nullptr;
  zend_function* pgsql_function_ = nullptr;
};

}  // namespace

void look_at_transactions(Findings& findings) {
  const Connections connections;
  if (!connections.any()) return;
  for (std::uint32_t i = 1; i < EG(objects_store).top; ++i) {
    zend_object* const object = EG(objects_store).object_buckets[i];
    if (!IS_OBJ_VALID(object) || (OBJ_FLAGS(object) & IS_OBJ_FREE_CALLED) != 0) continue;
    if (!connections.is_in_transaction(object)) continue;
    const std::string name(ZSTR_VAL(object->ce->name), ZSTR_LEN(object->ce->name));
    findings.add(FindingKind::kTransaction, "transaction of " + name.substr(0, name.find('\0')), "",
                 "");
  }
}

}  // namespace tusk::php::resident::doctor
