// SqliteConnections: the connections to SQLite databases that a thread's scripts have open, PHP's
// persistent ones among them. SQLite has state that belongs to the process; a guard on each
// connection keeps scripts away from it.
//
// It learns of them because the executable defines the functions that open and close them anew
// (ARCHITECTURE.md, "Functions of libc that tusk replaces"). tusk does not link SQLite: it calls
// the one that libphp has brought.
//
// Owner: a ScriptThread. Thread: that worker.
#pragma once

#include <memory>
#include <vector>

#include "php/sqlite/vfs.h"

struct sqlite3;

namespace tusk::php::sqlite {

// One of them. SQLite has its address, so it stays where it is.
struct SqliteConnection {
  // An authorizer as sqlite3_set_authorizer() takes it: PHP's, which asks the script's.
  using Authorizer = int (*)(void*, int, const char*, const char*, const char*, const char*);

  sqlite3* handle;
  Authorizer authorizer = nullptr;
  void* argument = nullptr;
  int busy_timeout_ms = 0;  // how long it waits for a lock
};

class SqliteConnections {
 public:
  // In the order in which they were opened. `visit` may close the one that it is given.
  template <class Visit>
  void for_each_open(Visit visit) {
    for (std::size_t at = 0; at < open_.size();) {
      sqlite3* const handle = open_[at]->handle;
      visit(handle);
      if (at < open_.size() && open_[at]->handle == handle) ++at;
    }
  }
  bool empty() const { return open_.empty(); }

  // The thread was told to end while one waited for a lock: none waits any more, until told so.
  void stop_waiting() noexcept;
  void wait_again() noexcept;

  // For the functions that stand in front of SQLite's.
  void opened(sqlite3* handle) noexcept;
  void closed(sqlite3* handle) noexcept;
  SqliteConnection* find(sqlite3* handle) noexcept;  // null: not one of this thread's
  SqliteVfs vfs;

 private:
  std::vector<std::unique_ptr<SqliteConnection>> open_;
  bool stopped_waiting_ = false;
};

// Before PHP starts: turns off what of SQLite scripts could turn against one another.
void configure_sqlite() noexcept;

}  // namespace tusk::php::sqlite
