// The environment as PHP's getenv(), $_ENV and $_SERVER show it: that of the process with the
// script's changes, and the CGI variables of the request, as under PHP-FPM
// (cgi_php_import_environment_variables() and sapi_cgibin_getenv() in sapi/fpm/fpm/fpm_main.c).
//
// Everything is made only when a script asks for it.
//
// Thread: the worker that runs the request.
#pragma once

#include "php/zend.h"

namespace tusk::php::sapi {

// Makes PHP import the environment from here. Main, after sapi_startup().
void install_environment_import() noexcept;

// The SAPI's getenv: a CGI variable, or null. PHP owns the text until the request ends.
char* cgi_variable(const char* name, size_t length) noexcept;

}  // namespace tusk::php::sapi
