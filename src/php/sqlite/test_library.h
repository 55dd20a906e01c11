// The functions of the SQLite that libphp has loaded, for unit tests. Those that tusk replaces are
// called by their own names.
//
// Thread: any. Tests only.
#pragma once

#include <string>
#include <string_view>

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

namespace tusk::php::sqlite::test {

template <class Function>
Function* function(const char* name) {
  auto* const found = reinterpret_cast<Function*>(::dlsym(RTLD_DEFAULT, name));
  EXPECT_NE(found, nullptr) << name;
  return found;
}

// Returns SQLite's result.
inline int execute(sqlite3* handle, const char* sql) {
  static auto* const call = function<decltype(::sqlite3_exec)>("sqlite3_exec");
  return call(handle, sql, nullptr, nullptr, nullptr);
}

// The first column of the last row; empty: there is none.
inline std::string value(sqlite3* handle, const char* sql) {
  static auto* const call = function<decltype(::sqlite3_exec)>("sqlite3_exec");
  std::string found;
  const auto take = [](void* into, int, char** columns, char**) {
    *static_cast<std::string*>(into) = columns[0] != nullptr ? columns[0] : "";
    return 0;
  };
  EXPECT_EQ(call(handle, sql, take, &found, nullptr), SQLITE_OK) << sql;
  return found;
}

inline std::string_view message(sqlite3* handle) {
  static auto* const call = function<decltype(::sqlite3_errmsg)>("sqlite3_errmsg");
  return call(handle);
}

// A connection, opened as a script opens it; by default to a database in memory.
class Database {
 public:
  explicit Database(const char* name = ":memory:",
                    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI) {
    EXPECT_EQ(::sqlite3_open_v2(name, &handle_, flags, nullptr), SQLITE_OK);
  }
  ~Database() { ::sqlite3_close(handle_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  sqlite3* get() const { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace tusk::php::sqlite::test
