// The authorizer in front of each connection's own: what a script may not have SQLite do, because
// it would be done to the process, and so to all other scripts.
//
//   PRAGMA hard_heap_limit, soft_heap_limit       SQLite's memory, of all threads
//   PRAGMA temp_store_directory, data_store_directory
//                                                 a variable of the process, without a lock
//   fts3_tokenizer()                              takes an address and calls it
//
// A pragma is ignored, as SQLite ignores one that it does not know, and the log says so once; to
// read them is allowed.
//
// Thread: the worker that has the connection.
#pragma once

#include "php/sqlite/connections.h"

namespace tusk::php::sqlite {

// Puts the guard in front of the connection's authorizer. What SQLite answers.
int guard_sqlite(SqliteConnection& connection) noexcept;

// Has the guard stay where there is no authorizer any more.
void guard_closing_sqlite(sqlite3* handle) noexcept;

}  // namespace tusk::php::sqlite
