// Closing a session that PHP would leave open: its lock would outlive the request, and the
// visitor's next request would wait for it for ever.
//
// A user's save handler that ends by an uncaught exception or a fatal error stays marked as running
// (PS(in_save_handler)); ext/session then refuses to call its close() at request shutdown and
// forgets the file that SessionHandler had open (ps_call_handler() in ext/session/mod_user.c).
//
// Thread: the worker, while its request shuts down.
#pragma once

namespace tusk::php::sapi {

// As session_write_close(): so that the visitor's next request need not wait for this one's end.
// May leave by longjmp.
void write_and_close_session();

// Before ext/session's request shutdown: no handler runs any more, whatever the mark says.
void unblock_session_close() noexcept;

// The thread was told to end while it waited for a session's lock: what it read then is not to be
// written, another request may be at it. To be called before ext/session's request shutdown, which
// would write it; noted until then.
void session_lock_missed() noexcept;
void drop_unlocked_session() noexcept;

// After it, before the request's memory goes: closes what is open all the same, because the handler
// failed during that shutdown.
void close_forgotten_session() noexcept;

}  // namespace tusk::php::sapi
