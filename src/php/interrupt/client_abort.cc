#include "php/interrupt/client_abort.h"

#include "php/library/library_functions.h"
#include "php/library/library_guard.h"
#include "php/zend.h"

namespace tusk::php::interrupt {

void end_script_after_client_left() {
  if (!library::LibraryFunctions::on_stack()) return php_handle_aborted_connection();
  PG(connection_status) = PHP_CONNECTION_ABORTED;
  php_output_set_status(PHP_OUTPUT_DISABLED);
  if (!PG(ignore_user_abort)) library::LibraryGuard::throw_unwind_exit();
}

}  // namespace tusk::php::interrupt
