// $_SERVER: the CGI variables (RFC 3875 §4.1) under the names and with the values that nginx and
// PHP-FPM give them.
//
// PHP calls for them only when a script names $_SERVER (auto_globals_jit), so a request that does
// not pays nothing.
//
// Thread: the worker that runs the request.
#pragma once

#include "php/request_context.h"
#include "php/zend.h"

namespace tusk::php::sapi {

// May leave by longjmp, when the script's memory limit is reached.
void add_server_variables(RequestContext& context, zval* array) noexcept;

}  // namespace tusk::php::sapi
