// The SAPI name that scripts see (PHP_SAPI, php_sapi_name()): the option sapi_name.
//
// PHP itself starts under the name "cli-server" (php/sapi/sapi_module.h), because OPcache and its
// JIT start only under names that they know (accel_find_sapi() in ext/opcache/ZendAccelerator.c),
// and php.ini is looked for under the name. Everything that start-up decides by the name is decided
// then (libxml, FFI, the session module mm, OPcache's preload_user). Afterwards the name is
// replaced, before OPcache preloads or compiles anything, so that what it folds into cached code
// (the constant, and calls of php_sapi_name()) is the new name. The name is also part of the key of
// a file cache.
//
// While scripts run, PHP looks at the name in few places. "cli", "cgi", "phpdbg" and names that
// begin with "embed" are refused: under them errors may be written to stderr
// (php_get_display_errors_mode()), "cli" opens any descriptor of the server (php://fd in
// ext/standard/php_fopen_wrapper.c), and applications believe that they are at a terminal. Under
// the names that are allowed:
// - Phar::webPhar() reads SCRIPT_NAME and PATH_INFO under "fpm-fcgi", "cgi-fcgi" and "litespeed",
// and the request's URI under the others; both are there.
// - SQLite extensions can be loaded under "cgi-fcgi" only, because PHP refuses them to threads.
//
// Owner: the process. Thread: main, while PHP starts, unless stated otherwise.
#pragma once

#include <string>

namespace tusk::php::sapi {

// Call it before PHP starts.
void choose_sapi_name(const std::string& name);

// Call it while modules start.
void rename_sapi_when_started() noexcept;

// Whether scripts see the name of a FastCGI server. Any thread, once PHP has started.
bool is_named_fastcgi() noexcept;

}  // namespace tusk::php::sapi
