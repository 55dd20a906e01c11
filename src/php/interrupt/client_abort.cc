#include "php/interrupt/client_abort.h"

#include "php/library/library_functions.h"
#include "php/library/library_guard.h"
#include "php/zend.h"

namespace tusk::php::interrupt {

void end_script_after_client_left(const RequestContext& context) {
  const bool may_bail_out = !context.is_resident() && !library::LibraryFunctions::on_stack();
  if (may_bail_out) return php_handle_aborted_connection();
  PG(connection_status) = PHP_CONNECTION_ABORTED;
  php_output_set_status(PHP_OUTPUT_DISABLED);
  if (!PG(ignore_user_abort) && !context.handler_ended) library::LibraryGuard::throw_unwind_exit();
}

}  // namespace tusk::php::interrupt
