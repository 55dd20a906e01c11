// $_SERVER: the CGI variables (RFC 3875 §4.1), with the names and values that nginx and PHP-FPM
// use.
//
// PHP asks for them only when a script names $_SERVER (auto_globals_jit), so other requests pay
// nothing.
//
// Thread: the worker that runs the request.
#pragma once

#include <string>

#include "php/request_context.h"
#include "php/zend.h"

namespace tusk::php::sapi {

// The value of SERVER_SOFTWARE; empty: tusk's own. Call it before PHP starts.
void choose_server_software(const std::string& text);

// May leave by longjmp when the script's memory limit is reached.
void add_server_variables(RequestContext& context, zval* array) noexcept;

}  // namespace tusk::php::sapi
