// SQLite in a process that a script forked: its book of the process's file locks (unixInodeInfo in
// SQLite's os_unix.c) came along, with what the connections of other threads held in the parent. A
// connection that the child opens would be counted in with them and lock nothing. So files that the
// child opens are others to SQLite than those that the parent had open: it knows a file by the
// numbers that fstat() gives.
//
// A connection that came along works as far as SQLite says it does: not to be relied on.
#pragma once

namespace tusk::php::sqlite {

// Before fork(): looks SQLite's functions up, which may wait for its lock. Thread: a worker.
void prepare_sqlite_for_fork() noexcept;

// In the child.
void part_sqlite_from_parent() noexcept;

}  // namespace tusk::php::sqlite
