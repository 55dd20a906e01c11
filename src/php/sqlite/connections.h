// SqliteConnections: the connections to SQLite databases that a thread's scripts have open, PHP's
// persistent ones among them. SQLite has state that belongs to the process; a guard on each
// connection keeps scripts away from it.
//
// Owner: a ScriptThread. Thread: that worker.
#pragma once

#include <memory>
#include <vector>

#include "php/sqlite/vfs.h"

struct sqlite3;

namespace tusk::php::sqlite {

// One connection. SQLite has its address, so it must not move.
struct SqliteConnection {
  // An authorizer as sqlite3_set_authorizer() takes it: PHP's, which calls the script's.
  using Authorizer = int (*)(void*, int, const char*, const char*, const char*, const char*);

  sqlite3* handle;
  Authorizer authorizer = nullptr;
  void* argument = nullptr;
  int busy_timeout_ms = 0;  // how long it waits for a lock
};

// It learns of connections because the executable replaces the functions that open and close them
// (ARCHITECTURE.md, "Functions of libc that tusk replaces"). tusk does not link SQLite: it calls
// the library that libphp has loaded.
class SqliteConnections {
 public:
  // In the order in which they were opened. `visit` may close its argument.
  template <class Visit>
  void for_each_open(Visit visit) {
    for (std::size_t at = 0; at < open_.size();) {
      sqlite3* const handle = open_[at]->handle;
      visit(handle);
      if (at < open_.size() && open_[at]->handle == handle) ++at;
    }
  }
  bool empty() const { return open_.empty(); }

  // The thread was told to end while a connection waited for a lock: none waits any more, until
  // wait_again().
  void stop_waiting() noexcept;
  void wait_again() noexcept;

  // For the functions that replace SQLite's.
  void opened(sqlite3* handle) noexcept;
  void closed(sqlite3* handle) noexcept;
  SqliteConnection* find(sqlite3* handle) noexcept;  // null: not this thread's
  SqliteVfs vfs;

 private:
  std::vector<std::unique_ptr<SqliteConnection>> open_;
  bool stopped_waiting_ = false;
};

// Call it before PHP starts: turns off features of SQLite by which scripts could harm each other.
void configure_sqlite() noexcept;

}  // namespace tusk::php::sqlite
