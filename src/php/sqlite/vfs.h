// SqliteVfs: SQLite's interface to files (its VFS) once more, under a name of the thread's own.
//
// Connections that ask for a shared cache ("cache=shared", SQLITE_OPEN_SHAREDCACHE) get the one
// that another connection of the process has for the same file and the same VFS
// (sqlite3BtreeOpen()). Requests on other threads must not: a database in memory of this name is
// another one for them, as it is for another process, and locks of a thread that is stuck are its
// own. What keeps track of the process's file locks is below the VFS and is still shared.
//
// Owner: a ScriptThread's connections. Thread: that worker.
#pragma once

struct sqlite3_vfs;

namespace tusk::php::sqlite {

class SqliteVfs {
 public:
  SqliteVfs() = default;
  ~SqliteVfs();
  SqliteVfs(const SqliteVfs&) = delete;
  SqliteVfs& operator=(const SqliteVfs&) = delete;

  // Registers it at the first call. Null, which means SQLite's own, if it could not.
  const char* name() noexcept;

 private:
  sqlite3_vfs* vfs_ = nullptr;
};

}  // namespace tusk::php::sqlite
