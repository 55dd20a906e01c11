// SqliteVfs: SQLite's interface to files (its VFS), registered again under a name of the thread's
// own.
//
// Owner: a ScriptThread's connections. Thread: that worker.
#pragma once

struct sqlite3_vfs;

namespace tusk::php::sqlite {

// Connections that ask for a shared cache ("cache=shared", SQLITE_OPEN_SHAREDCACHE) share that of
// another connection of the process to the same file and the same VFS (sqlite3BtreeOpen()).
// Requests on other threads must not share it: with a VFS for each thread, a database in memory of
// the same name is another database for them, as it is for another process, and locks of a stuck
// thread concern that thread only. The record of the process's file locks is below the VFS and is
// still shared.
class SqliteVfs {
 public:
  SqliteVfs() = default;
  ~SqliteVfs();
  SqliteVfs(const SqliteVfs&) = delete;
  SqliteVfs& operator=(const SqliteVfs&) = delete;

  // Registers the VFS at the first call. Null, which means SQLite's own: it could not be
  // registered.
  const char* name() noexcept;

 private:
  sqlite3_vfs* vfs_ = nullptr;
};

}  // namespace tusk::php::sqlite
