// Orphans: what a request that bailed out has left open without an owner: a socket that PHP had not
// yet put into a stream when memory ran out, or a connection to SQLite whose statement belonged to
// a C frame that a longjmp left, and with it the lock of the database.
//
// PHP-FPM leaves orphans to a process that ends sooner or later. Here they would be leaked for
// good, so they are closed when the request ends.
//
// A socket that seems to have no owner may be one of an extension that keeps connections in a table
// of its own, as mongodb does: it would go on to use the number, which by then may be the socket of
// another script. So such a socket is closed only after the extension has given up what belongs to
// the thread: PHP starts anew in it.
//
// Thread: the request's worker, after php_request_shutdown().
#pragma once

#include "php/request_context.h"
#include "php/script_thread.h"

namespace tusk::php::library {

// Does nothing if the request has not bailed out. False: sockets are still open, and PHP must start
// anew in this thread.
[[nodiscard]] bool close_orphans(ScriptThread& thread, const RequestContext& context) noexcept;

// Closes them when the thread's PHP has ended.
void close_sockets_left(ScriptThread& thread) noexcept;

}  // namespace tusk::php::library
