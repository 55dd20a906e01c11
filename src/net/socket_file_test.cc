#include "net/socket_file.h"

#include <cerrno>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/test_directory.h"
#include "base/unique_fd.h"

namespace tusk::net {
namespace {

class SocketFile : public testing::Test {
 protected:
  SocketFile() {
    directory_.write("secret", "x");
    ::chmod(path("secret").c_str(), 0600);
  }
  std::string path(const std::string& name) const { return directory_.path(name); }
  mode_t mode_of(const std::string& name) const {
    struct stat status{};
    EXPECT_EQ(::lstat(path(name).c_str(), &status), 0);
    return status.st_mode & 07777U;
  }
  void make_socket() {
    socket_ = base::UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path("socket").copy(name.sun_path, sizeof name.sun_path - 1);
    ASSERT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  }
  bool settle() const {
    ListenOptions options;
    options.mode = 0666;
    options.owner = ::getuid();
    return settle_socket_file(path("socket"), options);
  }

  base::TestDirectory directory_;
  base::UniqueFd socket_;
};

TEST_F(SocketFile, GetsItsMode) {
  make_socket();
  EXPECT_TRUE(settle());
  EXPECT_EQ(mode_of("socket"), 0666U);
}

// Another user can put such a link in the place of the socket, in a directory of its own.
TEST_F(SocketFile, ALinkToAnotherFileChangesNothing) {
  ASSERT_EQ(::symlink(path("secret").c_str(), path("socket").c_str()), 0);
  EXPECT_FALSE(settle());
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(mode_of("secret"), 0600U);
}

TEST_F(SocketFile, AnotherFileChangesNothing) {
  ASSERT_EQ(::rename(path("secret").c_str(), path("socket").c_str()), 0);
  EXPECT_FALSE(settle());
  EXPECT_EQ(mode_of("socket"), 0600U);
}

TEST_F(SocketFile, ASocketWithASecondNameChangesNothing) {
  make_socket();
  const mode_t before = mode_of("socket");
  ASSERT_EQ(::link(path("socket").c_str(), path("other").c_str()), 0);
  EXPECT_FALSE(settle());
  EXPECT_EQ(mode_of("other"), before);
}

}  // namespace
}  // namespace tusk::net
