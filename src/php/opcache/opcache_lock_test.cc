#include "php/opcache/opcache_lock.h"

#include <optional>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include "base/unique_fd.h"

namespace tusk::php::opcache {
namespace {

struct flock byte_1(short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = 1;
  lock.l_len = 1;
  return lock;
}

class OpcacheLockTest : public ::testing::Test {
 protected:
  // Asks as accel_is_inactive() in ext/opcache/ZendAccelerator.c does.
  bool inactive() const {
    struct flock lock = byte_1(F_WRLCK);
    EXPECT_EQ(::fcntl(file_.get(), F_GETLK, &lock), 0);
    if (lock.l_type != F_UNLCK) {
      EXPECT_LE(lock.l_pid, 0) << "there is nobody to kill";
    }
    return lock.l_type == F_UNLCK;
  }

  base::UniqueFd file_{::memfd_create("opcache_lock", MFD_CLOEXEC)};
};

TEST_F(OpcacheLockTest, SpeaksForTheWholeProcess) {
  struct flock own = byte_1(F_RDLCK);
  ASSERT_EQ(::fcntl(file_.get(), F_SETLK, &own), 0);
  EXPECT_TRUE(inactive()) << "this is what makes it necessary";
  base::Result<OpcacheLock> lock = OpcacheLock::take("/tmp");
  ASSERT_TRUE(lock) << lock.error().message;
  EXPECT_FALSE(inactive());
  // A thread's accel_unlock_all() does not release it.
  struct flock all = byte_1(F_UNLCK);
  all.l_start = 0;
  all.l_len = 0;
  ASSERT_EQ(::fcntl(file_.get(), F_SETLK, &all), 0);
  EXPECT_FALSE(inactive());
  EXPECT_TRUE(lock->release());
  EXPECT_TRUE(inactive());
  EXPECT_TRUE(lock->take_back());
  EXPECT_FALSE(inactive());
}

TEST_F(OpcacheLockTest, IsNotReleasedWhileAnotherHasALock) {
  base::Result<OpcacheLock> lock = OpcacheLock::take("/tmp");
  ASSERT_TRUE(lock) << lock.error().message;
  const std::string path = "/proc/self/fd/" + std::to_string(file_.get());
  {
    const base::UniqueFd other(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    struct flock theirs = byte_1(F_RDLCK);
    ASSERT_EQ(::fcntl(other.get(), F_OFD_SETLK, &theirs), 0);
    EXPECT_FALSE(lock->release());
  }
  EXPECT_FALSE(inactive()) << "taken back";
  EXPECT_TRUE(lock->release());
}

TEST(OpcacheLock, WithoutALockFileIsAnError) {
  const base::Result<OpcacheLock> lock = OpcacheLock::take("/no/such/directory");
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().message, "no lock file of OPcache's is open");
}

TEST(OpcacheLock, FindsAFileWithoutAName) {
  // For systems without memfd_create(). Not every file system has such files.
  const base::UniqueFd file(
      ::open(::testing::TempDir().c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
  if (!file) GTEST_SKIP() << "no O_TMPFILE here";
  std::string directory = ::testing::TempDir();
  while (directory.ends_with('/')) directory.pop_back();
  EXPECT_TRUE(OpcacheLock::take(directory));
}

}  // namespace
}  // namespace tusk::php::opcache
