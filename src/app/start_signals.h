// Signals that arrive before the server serves, and the meaning of a hang-up (SIGHUP).
//
// Once Serving has its signal set, the first loop handles signals. Until then SIGTERM, SIGINT and
// SIGQUIT end the start at once, with a line in the log and status 0: nothing was served, so
// nothing is lost. PHP's start may take long (a preload script, a file system that does not
// answer).
//
// A hang-up ends the server only if the terminal that it was started on is gone, as it ends any
// program that runs there. If that terminal still exists, or never did, the sender wants a reload:
// the supervisor does that, and without one the log says that there is none. If SIGHUP was ignored
// from the start (nohup), it stays ignored.
//
// Thread: main.
#pragma once

namespace tusk::app {

// Ignores signals that must not end or stop the server: broken pipes, limits of files, terminals.
void ignore_signals() noexcept;

// In process 1 of a container a signal without a handler is lost. So the signals that end the
// server are blocked there until end_start_on_signals(). In other processes they are left alone, so
// that they end a program that waits for its configuration.
void keep_signals_as_init() noexcept;

// Ends the start on signals that have arrived, and that arrive until another handler is set. Call
// it after the log is initialised.
void end_start_on_signals() noexcept;

// While the workers start, the loop that has the signals does not run: they wait, until
// release_signals(). Until then is_told_to_end() says whether one has come, and held_signal() names
// it, or is null.
void hold_signals() noexcept;
bool is_told_to_end() noexcept;
const char* held_signal() noexcept;

// Also for commands that do not serve.
void release_signals() noexcept;

// Whether the parent process has set hang-ups to be ignored.
bool hangups_are_ignored() noexcept;
// Whether a hang-up arrived before the loop's handler was set.
bool hung_up_during_start() noexcept;
// Whether the terminal that the process had when it started has been closed.
bool terminal_is_gone() noexcept;

// Before scripts run as another user than the one at the terminal
// (base/process/controlling_terminal.h).
void leave_terminal() noexcept;

const char* signal_name(int signal) noexcept;

}  // namespace tusk::app
