#include "php/descriptors/record_locks.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tusk::php::descriptors {
namespace {

struct flock lock_of(short type, off_t start, off_t length, short whence = SEEK_SET) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = whence;
  lock.l_start = start;
  lock.l_len = length;
  return lock;
}

// A file below the temporary directory, and what another process may do with it.
class RecordLocks : public testing::Test {
 protected:
  RecordLocks() { ::close(::mkstemp(name_.data())); }
  ~RecordLocks() override { ::unlink(name_.c_str()); }

  int open(int flags = O_RDWR) const { return ::open(name_.c_str(), flags | O_CLOEXEC); }

  // Whether another process, with POSIX locks, gets the lock.
  bool another_may(short type, off_t start, off_t length) const {
    const pid_t child = ::fork();
    if (child == 0) {
      const int fd = open();
      struct flock lock = lock_of(type, start, length);
      ::_exit(::syscall(SYS_fcntl, fd, F_SETLK, &lock) == 0 ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  static int set(int fd, short type, off_t start = 0, off_t length = 0, short whence = SEEK_SET) {
    struct flock lock = lock_of(type, start, length, whence);
    return ::fcntl(fd, F_SETLK, &lock);
  }

  std::string name_ = testing::TempDir() + "tusk-record-locks-XXXXXX";
};

TEST_F(RecordLocks, OutliveAnUnrelatedDescriptorsEnd) {
  const int fd = open();
  ASSERT_EQ(set(fd, F_WRLCK), 0);
  EXPECT_FALSE(another_may(F_RDLCK, 0, 1));
  ::close(open(O_RDONLY));
  EXPECT_FALSE(another_may(F_RDLCK, 0, 1)) << "lost when another descriptor was closed";
  ASSERT_EQ(set(fd, F_UNLCK), 0);
  EXPECT_TRUE(another_may(F_WRLCK, 0, 1));
  ::close(fd);
}

TEST_F(RecordLocks, AreOneProcesssAndExcludeNoneOfItsDescriptors) {
  const int one = open();
  const int two = open();
  ASSERT_EQ(set(one, F_RDLCK, 10, 5), 0);
  std::thread([&] { EXPECT_EQ(set(two, F_WRLCK, 10, 5), 0); }).join();
  EXPECT_FALSE(another_may(F_RDLCK, 12, 1));
  struct flock ask = lock_of(F_WRLCK, 0, 0);
  EXPECT_EQ(::fcntl(one, F_GETLK, &ask), 0);
  EXPECT_EQ(ask.l_type, F_UNLCK) << "its own do not count";
  ASSERT_EQ(set(one, F_UNLCK, 10, 5), 0) << "by another descriptor than it was taken by";
  EXPECT_TRUE(another_may(F_WRLCK, 10, 5));
  ::close(one);
  ::close(two);
}

// OPcache's lock file is opened before workers are forked, and locked by each of them.
TEST_F(RecordLocks, LeftToLibcAreOfEachProcess) {
  const int fd = open();
  ASSERT_EQ(set(fd, F_WRLCK), 0) << "before it is known whose descriptor that is";
  ASSERT_EQ(set(fd, F_UNLCK), 0);
  record_locks::leave_to_libc({{fd}});
  ASSERT_EQ(set(fd, F_RDLCK), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    struct flock ask = lock_of(F_WRLCK, 0, 0);
    const bool is_parents = ::fcntl(fd, F_GETLK, &ask) == 0 && ask.l_pid == ::getppid();
    ::_exit(is_parents && set(fd, F_WRLCK) != 0 ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  record_locks::leave_to_libc({});
  ::close(fd);
}

TEST_F(RecordLocks, EndWithTheLastDescriptorThatAskedForOne) {
  const int one = open();
  const int two = open();
  const int unrelated = open(O_RDONLY);
  ASSERT_EQ(set(one, F_WRLCK, 0, 1), 0);
  ASSERT_EQ(set(two, F_RDLCK, 5, 1), 0);
  ::close(one);
  EXPECT_FALSE(another_may(F_WRLCK, 0, 1));
  ASSERT_EQ(::dup2(unrelated, two), two);
  EXPECT_TRUE(another_may(F_WRLCK, 0, 10));
  ::close(two);
  ::close(unrelated);
}

TEST_F(RecordLocks, AWriterJoinsReaders) {
  const int reader = open(O_RDONLY);
  EXPECT_EQ(set(reader, F_WRLCK), -1);
  EXPECT_EQ(errno, EBADF);
  ASSERT_EQ(set(reader, F_RDLCK, 0, 10), 0);
  ASSERT_EQ(set(reader, F_RDLCK, 20, 10), 0);
  ASSERT_EQ(set(reader, F_UNLCK, 4, 2), 0);
  const int writer = open();
  ASSERT_EQ(set(writer, F_WRLCK, 40, 10), 0);
  EXPECT_FALSE(another_may(F_WRLCK, 0, 4));
  EXPECT_TRUE(another_may(F_WRLCK, 4, 2));
  EXPECT_FALSE(another_may(F_WRLCK, 6, 4));
  EXPECT_FALSE(another_may(F_WRLCK, 29, 1));
  EXPECT_FALSE(another_may(F_RDLCK, 40, 1));
  ::close(writer);
  EXPECT_FALSE(another_may(F_WRLCK, 0, 4)) << "the reader is still there";
  ::close(reader);
  EXPECT_TRUE(another_may(F_WRLCK, 0, 0));
}

TEST_F(RecordLocks, PlacesAreThoseOfTheDescriptorThatAsks) {
  const int fd = open();
  ASSERT_EQ(::ftruncate(fd, 100), 0);
  ASSERT_EQ(::lseek(fd, 50, SEEK_SET), 50);
  ASSERT_EQ(set(fd, F_WRLCK, 0, 1, SEEK_CUR), 0);
  ASSERT_EQ(set(fd, F_WRLCK, -10, 1, SEEK_END), 0);
  ASSERT_EQ(set(fd, F_WRLCK, 20, -5), 0);
  EXPECT_FALSE(another_may(F_RDLCK, 50, 1));
  EXPECT_FALSE(another_may(F_RDLCK, 90, 1));
  EXPECT_FALSE(another_may(F_RDLCK, 15, 1));
  EXPECT_TRUE(another_may(F_RDLCK, 16 + 4, 30));
  EXPECT_TRUE(another_may(F_RDLCK, 0, 15));
  EXPECT_EQ(set(fd, F_WRLCK, -1, 1), -1);
  EXPECT_EQ(errno, EINVAL);
  ::close(fd);
}

TEST_F(RecordLocks, AnothersLockIsSeenAndWaitedFor) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const int fd = open();
    struct flock lock = lock_of(F_WRLCK, 0, 1);
    ::syscall(SYS_fcntl, fd, F_SETLK, &lock);
    (void)!::write(ready[1], "x", 1);
    ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  const int fd = open();
  struct flock ask = lock_of(F_RDLCK, 0, 0);
  for (const bool holds_one : {false, true}) {
    ASSERT_EQ(set(fd, holds_one ? F_WRLCK : F_UNLCK, 10, 1), 0);
    ask = lock_of(F_RDLCK, 0, 5);
    ASSERT_EQ(::fcntl(fd, F_GETLK, &ask), 0);
    EXPECT_EQ(ask.l_type, F_WRLCK);
    EXPECT_EQ(ask.l_pid, child);
  }
  EXPECT_EQ(set(fd, F_WRLCK, 0, 1), -1);
  EXPECT_EQ(errno, EAGAIN);
  std::thread ends_it([child] { ::kill(child, SIGKILL); });
  struct flock lock = lock_of(F_WRLCK, 0, 1);
  EXPECT_EQ(::fcntl(fd, F_SETLKW, &lock), 0);
  ends_it.join();
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(another_may(F_RDLCK, 0, 1));
  for (const int one : {fd, ready[0], ready[1]}) ::close(one);
}

// A file that cannot be opened again by its name in /proc is locked by a copy of the descriptor.
TEST_F(RecordLocks, AFileThatMayNotBeOpenedAgain) {
  const int fd = open();
  ASSERT_EQ(::chmod(name_.c_str(), 0), 0);
  std::thread([&] {
    if (::geteuid() == 0) ::setfsuid(65534);  // for this thread: root may open everything
    EXPECT_EQ(open(), -1);
    EXPECT_EQ(set(fd, F_WRLCK), 0);
  }).join();
  ASSERT_EQ(::chmod(name_.c_str(), 0600), 0);
  ::close(open(O_RDONLY));
  EXPECT_FALSE(another_may(F_RDLCK, 0, 1));
  ::close(fd);
  EXPECT_TRUE(another_may(F_RDLCK, 0, 1));
}

}  // namespace
}  // namespace tusk::php::descriptors
