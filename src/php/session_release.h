// Closing a session that PHP would leave open: its lock would outlive the request, and the
// visitor's next request would wait for it for ever.
//
// A user's save handler that ends by an uncaught exception or a fatal error stays marked as running
// (PS(in_save_handler)); ext/session then refuses to call its close() at request shutdown and
// forgets the file that SessionHandler had open (ps_call_handler() in ext/session/mod_user.c).
//
// Thread: the worker, while its request shuts down.
#pragma once

namespace tusk::php {

// Before ext/session's request shutdown: no handler runs any more, whatever the mark says.
void unblock_session_close() noexcept;

// After it, before the request's memory goes: closes what is open all the same, because the handler
// failed during that shutdown.
void close_forgotten_session() noexcept;

}  // namespace tusk::php
