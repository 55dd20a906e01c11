#include "php/sqlite/guard.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "php/sqlite/test_library.h"
#include "php/test_script_thread.h"

namespace tusk::php::sqlite {
namespace {

using test::Database;
using test::execute;
using test::message;
using test::value;

TEST(SqliteGuard, APragmaOfTheProcessChangesNothingAndCanBeRead) {
  on_script_thread([] {
    const Database database;
    EXPECT_EQ(execute(database.get(), "PRAGMA hard_heap_limit = 123456789"), SQLITE_OK);
    EXPECT_EQ(execute(database.get(), "PRAGMA Soft_Heap_Limit(123456789)"), SQLITE_OK);
    EXPECT_EQ(value(database.get(), "PRAGMA hard_heap_limit"), "0");
    EXPECT_EQ(value(database.get(), "PRAGMA soft_heap_limit"), "0");
    EXPECT_EQ(execute(database.get(), "PRAGMA user_version = 7"), SQLITE_OK);
    EXPECT_EQ(value(database.get(), "PRAGMA user_version"), "7") << "a pragma of the database";
  });
}

TEST(SqliteGuard, NoScriptRegistersATokenizerByItsAddress) {
  on_script_thread([] {
    const Database database;
    EXPECT_NE(execute(database.get(), "SELECT fts3_tokenizer('x', x'0000000000000000')"),
              SQLITE_OK);
    EXPECT_NE(message(database.get()).find("not authorized"), std::string_view::npos)
        << message(database.get());
  });
}

// An authorizer of a script, which refuses to delete.
int refuse_to_delete(void* asked, int action, const char*, const char*, const char*, const char*) {
  static_cast<std::vector<int>*>(asked)->push_back(action);
  return action == SQLITE_DELETE ? SQLITE_DENY : SQLITE_OK;
}

TEST(SqliteGuard, TheScriptsOwnAuthorizerIsAskedToo) {
  on_script_thread([] {
    const Database database;
    std::vector<int> asked;
    ASSERT_EQ(execute(database.get(), "CREATE TABLE t(a)"), SQLITE_OK);
    ASSERT_EQ(::sqlite3_set_authorizer(database.get(), refuse_to_delete, &asked), SQLITE_OK);
    EXPECT_EQ(execute(database.get(), "DELETE FROM t"), SQLITE_AUTH);
    EXPECT_FALSE(asked.empty());
    asked.clear();
    EXPECT_EQ(execute(database.get(), "PRAGMA hard_heap_limit = 123456789"), SQLITE_OK);
    EXPECT_TRUE(asked.empty()) << "the guard has decided";
    ASSERT_EQ(::sqlite3_set_authorizer(database.get(), nullptr, nullptr), SQLITE_OK);
    EXPECT_EQ(execute(database.get(), "DELETE FROM t"), SQLITE_OK);
    EXPECT_EQ(execute(database.get(), "PRAGMA hard_heap_limit = 123456789"), SQLITE_OK);
    EXPECT_EQ(value(database.get(), "PRAGMA hard_heap_limit"), "0") << "the guard stays";
  });
}

}  // namespace
}  // namespace tusk::php::sqlite
