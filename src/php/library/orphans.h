// Orphans: what a request that bailed out has left open without an owner: a socket that PHP had not
// yet put into a stream when memory ran out, or a connection to SQLite whose statement belonged to
// a C frame that a longjmp left, and with it the lock of the database.
//
// PHP-FPM leaves orphans to a process that ends sooner or later. Here they would be leaked for
// good, so they are closed when the request ends.
//
// Thread: the request's worker, after php_request_shutdown().
#pragma once

#include "php/request_context.h"
#include "php/script_thread.h"

namespace tusk::php::library {

// Does nothing if the request has not bailed out.
void close_orphans(ScriptThread& thread, const RequestContext& context) noexcept;

}  // namespace tusk::php::library
