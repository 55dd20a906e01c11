// Signals that come before the server serves, and what a hang-up (SIGHUP) means.
//
// From App's signal_set on, signals are the loop's. Until then one that asks for the end ends the
// start at once, with a line in the log and status 0: nothing was served, so nothing is lost. PHP's
// start may take long (a preload script, a file system that does not answer).
//
// A hang-up ends the server only where the terminal that it was started on is gone, as it ends any
// program that runs there. Where that terminal is still there, or never was, somebody asks for a
// reload, which there is none of; and where SIGHUP was ignored from the start (nohup), it stays so.
//
// Thread: main.
#pragma once

namespace tusk::app {

// Those that are no end: broken pipes, limits of files, terminals that stop who uses them.
void ignore_signals() noexcept;

// As process 1 of a container a signal without a handler is not delayed but lost. So those that ask
// for the end are kept back until end_start_on_signals(); for others they are left alone, so that
// they end a program that waits for its configuration.
void keep_signals_as_init() noexcept;

// What has come, and what comes until another handler is set. Once the log is there.
void end_start_on_signals() noexcept;

// For what is no server.
void release_signals() noexcept;

// Hang-ups were ignored by whoever started this.
bool hangups_are_ignored() noexcept;
// One has come before the loop's handler was there.
bool hung_up_during_start() noexcept;
// The process had a controlling terminal when it started, and has none any more.
bool terminal_is_gone() noexcept;

const char* signal_name(int signal) noexcept;

}  // namespace tusk::app
