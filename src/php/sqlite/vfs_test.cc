#include "php/sqlite/vfs.h"

#include <string>

#include <gtest/gtest.h>

#include "php/sqlite/test_library.h"
#include "php/test_script_thread.h"

namespace tusk::php::sqlite {
namespace {

using test::Database;
using test::execute;

sqlite3_vfs* find(const char* name) {
  static auto* const call = test::function<decltype(::sqlite3_vfs_find)>("sqlite3_vfs_find");
  return call(name);
}

TEST(SqliteVfs, HasANameOfItsOwnWhileItLives) {
  std::string name;
  {
    SqliteVfs first;
    SqliteVfs second;
    name = first.name();
    EXPECT_EQ(first.name(), name) << "registered once";
    EXPECT_NE(second.name(), name);
    EXPECT_NE(find(name.c_str()), nullptr);
    EXPECT_NE(find(nullptr), find(name.c_str())) << "SQLite's own stays the default";
  }
  EXPECT_EQ(find(name.c_str()), nullptr);
}

TEST(SqliteVfs, ASharedCacheIsNotSharedAmongThreads) {
  constexpr const char* kShared = "file:tusk-test?mode=memory&cache=shared";
  on_script_thread([] {
    const Database first(kShared);
    ASSERT_EQ(execute(first.get(), "CREATE TABLE t(a)"), SQLITE_OK);
    const Database same_thread(kShared);
    EXPECT_EQ(execute(same_thread.get(), "SELECT * FROM t"), SQLITE_OK);
    on_script_thread([] {
      const Database other_thread(kShared);
      EXPECT_EQ(execute(other_thread.get(), "SELECT * FROM t"), SQLITE_ERROR) << "no such table";
    });
  });
}

}  // namespace
}  // namespace tusk::php::sqlite
