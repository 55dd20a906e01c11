// $_GET, $_POST, $_COOKIE, $_FILES, $_SERVER, $_ENV and $_REQUEST of a resident script's request.
//
// Thread: the worker. PHP may leave the function by longjmp.
#pragma once

namespace tusk::php::resident {

// Makes them anew, as php_hash_environment() (main/php_variables.c) does for a script that starts.
// PHP makes $_SERVER, $_ENV and $_REQUEST when it compiles the first code that names them; that
// code is compiled already, so those that were ever named are made at once, and those of the last
// request are removed otherwise.
void renew_superglobals();

// Frees what the request has had in them: destructors of objects that it put there run while its
// response can still be written. Between requests they are empty.
void empty_superglobals();

}  // namespace tusk::php::resident
