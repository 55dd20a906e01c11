#include "php/sqlite/connections.h"

#include <vector>

#include <gtest/gtest.h>

#include "php/sqlite/test_library.h"
#include "php/test_script_thread.h"

namespace tusk::php::sqlite {
namespace {

using test::Database;
using test::value;

TEST(SqliteConnections, KnowsWhatItsThreadHasOpen) {
  const Database of_server;
  on_script_thread([&of_server](ScriptThread& thread) {
    EXPECT_TRUE(thread.sqlite.empty());
    EXPECT_EQ(thread.sqlite.find(of_server.get()), nullptr);
    const Database first;
    {
      const Database second;
      std::vector<sqlite3*> open;
      thread.sqlite.for_each_open([&](sqlite3* handle) { open.push_back(handle); });
      EXPECT_EQ(open, (std::vector<sqlite3*>{first.get(), second.get()}));
    }
    ASSERT_NE(thread.sqlite.find(first.get()), nullptr);
    EXPECT_EQ(thread.sqlite.find(first.get())->handle, first.get());
  });
}

TEST(SqliteConnections, AVisitorMayCloseWhatItVisits) {
  on_script_thread([](ScriptThread& thread) {
    for (int i = 0; i < 3; ++i) {
      sqlite3* handle = nullptr;
      ASSERT_EQ(::sqlite3_open(":memory:", &handle), SQLITE_OK);
    }
    int visited = 0;
    thread.sqlite.for_each_open([&](sqlite3* handle) {
      ++visited;
      EXPECT_EQ(::sqlite3_close(handle), SQLITE_OK);
    });
    EXPECT_EQ(visited, 3);
    EXPECT_TRUE(thread.sqlite.empty());
  });
}

TEST(SqliteConnections, NoConnectionWaitsForALockUntilTheRequestHasEnded) {
  on_script_thread([](ScriptThread& thread) {
    const Database database;
    ASSERT_EQ(::sqlite3_busy_timeout(database.get(), 4321), SQLITE_OK);
    EXPECT_EQ(value(database.get(), "PRAGMA busy_timeout"), "4321");
    thread.sqlite.stop_waiting();
    EXPECT_EQ(value(database.get(), "PRAGMA busy_timeout"), "0");
    thread.end_request();
    EXPECT_EQ(value(database.get(), "PRAGMA busy_timeout"), "4321") << "a persistent connection";
  });
}

TEST(SqliteConnections, AConnectionWhoseStatementsHaveNoOwnerIsNotForgotten) {
  on_script_thread([](ScriptThread& thread) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(::sqlite3_open(":memory:", &handle), SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    auto* const prepare = test::function<decltype(::sqlite3_prepare_v2)>("sqlite3_prepare_v2");
    auto* const finalize = test::function<decltype(::sqlite3_finalize)>("sqlite3_finalize");
    ASSERT_EQ(prepare(handle, "SELECT 1", -1, &statement, nullptr), SQLITE_OK);
    thread.bailout.happened = true;
    EXPECT_EQ(::sqlite3_close_v2(handle), SQLITE_OK);
    EXPECT_NE(thread.sqlite.find(handle), nullptr);
    finalize(statement);
    EXPECT_EQ(::sqlite3_close_v2(handle), SQLITE_OK);
    EXPECT_EQ(thread.sqlite.find(handle), nullptr);
  });
}

}  // namespace
}  // namespace tusk::php::sqlite
