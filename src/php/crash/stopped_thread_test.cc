#include "php/crash/stopped_thread.h"

#include <array>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/test_directory.h"
#include "base/unique_fd.h"
#include "php/sqlite/test_library.h"
#include "php/test_script_thread.h"

namespace tusk::php::crash {
namespace {

using sqlite::test::execute;

bool can_lock(int fd) { return ::flock(fd, LOCK_EX | LOCK_NB) == 0; }

TEST(StoppedThread, ItsFilesAreUnlockedAndStayOpen) {
  const base::TestDirectory directory;
  const std::string path = directory.write("session", "");
  const base::UniqueFd visitor(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  on_script_thread([&](ScriptThread& thread) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_TRUE(can_lock(fd));
    EXPECT_FALSE(can_lock(visitor.get()));
    release_resources_of(thread);
    EXPECT_TRUE(can_lock(visitor.get()));
    EXPECT_GE(::fcntl(fd, F_GETFD), 0);
    ::close(fd);
  });
}

TEST(StoppedThread, ItsSocketsAreShutDownAndNobodyElses) {
  std::array<int, 2> of_script{-1, -1};
  std::array<int, 2> of_server{-1, -1};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, of_script.data()), 0);
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, of_server.data()), 0);
  on_script_thread([&](ScriptThread& thread) {
    const int own = ::dup(of_script[0]);
    release_resources_of(thread);
    ::close(own);
  });
  char byte = 0;
  EXPECT_EQ(::recv(of_script[1], &byte, 1, MSG_DONTWAIT), 0) << "the database sees the end";
  EXPECT_EQ(::recv(of_server[1], &byte, 1, MSG_DONTWAIT), -1) << "nothing has happened";
  for (const int fd : {of_script[0], of_script[1], of_server[0], of_server[1]}) ::close(fd);
}

TEST(StoppedThread, ItsTransactionsAreRolledBack) {
  const base::TestDirectory directory;
  const std::string path = directory.path("data.db");
  const sqlite::test::Database other(path.c_str());
  on_script_thread([&](ScriptThread& thread) {
    const sqlite::test::Database stopped(path.c_str());
    ASSERT_EQ(execute(stopped.get(), "CREATE TABLE t(a); BEGIN; INSERT INTO t VALUES (1)"),
              SQLITE_OK);
    EXPECT_EQ(execute(other.get(), "INSERT INTO t VALUES (2)"), SQLITE_BUSY);
    release_resources_of(thread);
    EXPECT_EQ(execute(other.get(), "INSERT INTO t VALUES (2)"), SQLITE_OK);
    EXPECT_EQ(sqlite::test::value(other.get(), "SELECT group_concat(a) FROM t"), "2");
  });
}

}  // namespace
}  // namespace tusk::php::crash
