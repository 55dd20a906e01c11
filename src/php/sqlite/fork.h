// SQLite in a process that a script forked. The child inherits SQLite's record of the process's
// file locks (unixInodeInfo in SQLite's os_unix.c), with what the connections of other threads held
// in the parent. A connection that the child opens would be counted with them and lock nothing.
// SQLite knows a file by the numbers that fstat() returns, so files that the child opens get other
// numbers than those that the parent had open.
//
// An inherited connection works as far as SQLite says it does: do not rely on it.
#pragma once

namespace tusk::php::sqlite {

// Call it before fork(): looks SQLite's functions up, which may wait for SQLite's lock. Thread: a
// worker.
void prepare_sqlite_for_fork() noexcept;

// Call it in the child.
void separate_sqlite_from_parent() noexcept;

}  // namespace tusk::php::sqlite
