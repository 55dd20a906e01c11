#include "php/library/mysqli_links.h"

#include "php/zend.h"

namespace tusk::php::library {

namespace {

// Copied from ext/mysqli/php_mysqli_structs.h, which a PHP without mysqli does not install.
struct Link {  // MY_MYSQL
  void* connection;
};

enum class Status : int { kUnknown = 0 };  // enum mysqli_status

struct Resource {  // MYSQLI_RESOURCE
  Link* link;
  void* info;
  Status status;
};

Resource* resource_of(zend_object& object) noexcept {
  // The first member of mysqli_object, which is in front of the object.
  return *reinterpret_cast<Resource**>(reinterpret_cast<char*>(&object) - object.handlers->offset);
}

void forget_failed_link(zval* object) noexcept {
  if (Z_TYPE_P(object) != IS_OBJECT) return;
  Resource* const resource = resource_of(*Z_OBJ_P(object));
  if (resource == nullptr || resource->link == nullptr) return;
  if (resource->link->connection == nullptr) resource->status = Status::kUnknown;
}

// One instance per method, because a handler cannot tell for which method it was called.
template <int kMethod>
struct Watching {
  static inline zif_handler original = nullptr;

  static void call(INTERNAL_FUNCTION_PARAMETERS) {
    original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
    forget_failed_link(ZEND_THIS);
  }

  static void watch(zend_class_entry& type, const char* name, std::size_t length) noexcept {
    auto* const method = static_cast<zend_internal_function*>(
        zend_hash_str_find_ptr(&type.function_table, name, length));
    if (method == nullptr) return;
    original = method->handler;
    method->handler = call;
  }
};

}  // namespace

void watch_failed_links() noexcept {
  auto* const type =
      static_cast<zend_class_entry*>(zend_hash_str_find_ptr(CG(class_table), ZEND_STRL("mysqli")));
  if (type == nullptr) return;
  Watching<0>::watch(*type, ZEND_STRL("__construct"));
  Watching<1>::watch(*type, ZEND_STRL("connect"));
}

}  // namespace tusk::php::library
