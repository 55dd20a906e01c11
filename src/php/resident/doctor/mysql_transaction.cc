#include "php/resident/doctor/mysql_transaction.h"

#if __has_include(<ext/mysqli/php_mysqli_structs.h>)
#define TUSK_HAS_MYSQLI_HEADERS
// Where PHP has mysqli in a file of its own, the header would declare a variable that only mysqli
// has.
#undef COMPILE_DL_MYSQLI
extern "C" {
#include <ext/mysqli/php_mysqli_structs.h>
}
#endif

namespace tusk::php::resident::doctor {

#ifdef TUSK_HAS_MYSQLI_HEADERS

bool is_mysqli_in_transaction(const zend_object& object) noexcept {
  // The object has another layout than the headers say.
  if (object.handlers->offset != static_cast<int>(XtOffsetOf(mysqli_object, zo))) return false;
  const mysqli_object* const wrapped = php_mysqli_fetch_object(const_cast<zend_object*>(&object));
  const auto* const resource = static_cast<const MYSQLI_RESOURCE*>(wrapped->ptr);
  // It was closed, or its constructor has failed.
  if (resource == nullptr || resource->status != MYSQLI_STATUS_VALID || resource->ptr == nullptr)
    return false;
  const MYSQLND* const connection = static_cast<const MY_MYSQL*>(resource->ptr)->mysql;
  if (connection == nullptr || connection->data == nullptr ||
      connection->data->upsert_status == nullptr)
    return false;
  const unsigned status = connection->data->upsert_status->server_status;
  return (status & SERVER_STATUS_IN_TRANS) != 0;
}

#else

bool is_mysqli_in_transaction(const zend_object&) noexcept { return false; }

#endif

}  // namespace tusk::php::resident::doctor
