// The name of the SAPI that scripts are told (PHP_SAPI, php_sapi_name()): the option sapi_name.
//
// PHP itself starts under the name "cli-server" (php/sapi/sapi_module.h): OPcache and its JIT start
// only under names that they know (accel_find_sapi() in ext/opcache/ZendAccelerator.c), and php.ini
// is looked for under it. All that start-up decides by the name is decided then (libxml, FFI, the
// session module mm, OPcache's preload_user). After it the name is exchanged, before OPcache
// preloads or compiles anything, so that what it folds into cached code (the constant, and calls of
// php_sapi_name()) is the new one; and the name is part of what a file cache belongs to.
//
// While scripts run, PHP looks at the name in few places. "cli", "cgi", "phpdbg" and names that
// begin with "embed" are not to be had: under them errors may be written to stderr
// (php_get_display_errors_mode()), "cli" opens any descriptor of the server (php://fd in
// ext/standard/php_fopen_wrapper.c), and applications take themselves to be at a terminal. Under
// those that can be had:
// - Phar::webPhar() reads SCRIPT_NAME and PATH_INFO under "fpm-fcgi", "cgi-fcgi" and "litespeed",
//   the request's URI under the others; both are there.
// - SQLite extensions can be loaded under "cgi-fcgi" alone, as PHP refuses it to threads.
//
// Owner: the process. Thread: main, while PHP starts, where nothing else is said.
#pragma once

#include "config/settings.h"

namespace tusk::php::sapi {

// Before PHP starts.
void choose_sapi_name(const config::Settings& settings);

// While modules start.
void rename_sapi_when_started() noexcept;

// Whether scripts are told a FastCGI server. Any thread, once PHP has started.
bool is_named_fastcgi() noexcept;

}  // namespace tusk::php::sapi
