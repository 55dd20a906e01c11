// The authorizer in front of each connection's own. It refuses what a script may not have SQLite
// do, because it would affect the process, and so all other scripts:
//
//   PRAGMA hard_heap_limit, soft_heap_limit       SQLite's memory, of all threads
//   PRAGMA temp_store_directory, data_store_directory
//                                                 a variable of the process, without a lock
//   fts3_tokenizer()                              takes an address and calls it
//
// SQLite ignores such a pragma as it ignores an unknown one, and that is logged once. Reading the
// value is allowed.
//
// Thread: the worker that has the connection.
#pragma once

#include "php/sqlite/connections.h"

namespace tusk::php::sqlite {

// Puts the guard in front of the connection's authorizer. Returns SQLite's result.
int guard_sqlite(SqliteConnection& connection) noexcept;

// Keeps the guard when the connection's authorizer is removed.
void guard_closing_sqlite(sqlite3* handle) noexcept;

}  // namespace tusk::php::sqlite
