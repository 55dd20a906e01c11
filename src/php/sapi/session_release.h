// Closes a session that PHP would leave open: its lock would outlive the request, and the visitor's
// next request would wait for it for ever.
//
// If a user's save handler ends by an uncaught exception or a fatal error, it stays marked as
// running (PS(in_save_handler)). ext/session then refuses to call its close() at request shutdown,
// and forgets the file that SessionHandler had open (ps_call_handler() in ext/session/mod_user.c).
//
// Thread: the worker, while its request shuts down.
#pragma once

namespace tusk::php::sapi {

// Does what session_write_close() does, so that the visitor's next request need not wait for the
// end of this one. May leave by longjmp.
void write_and_close_session();

// Call it before ext/session's request shutdown: no handler runs any more, whatever the mark says.
void unblock_session_close() noexcept;

// Call it when the thread was told to end while it waited for a session's lock. It has read the
// session's data without the lock and must not write them, because another request may use the
// session. ext/session's request shutdown would write them, so drop_unlocked_session() must be
// called before; the thread remembers it until then.
void session_lock_missed() noexcept;
void drop_unlocked_session() noexcept;

// Call it after ext/session's request shutdown, before the request's memory is freed: closes what
// is still open because the handler failed during that shutdown.
void close_forgotten_session() noexcept;

}  // namespace tusk::php::sapi
