#include "net/listener.h"

#include <cerrno>
#include <cstdlib>
#include <string>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/test_directory.h"

namespace tusk::net {
namespace {

config::Address address(const std::string& text) { return *config::parse_address(text); }

base::UniqueFd connect_to(std::uint16_t port) {
  base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  return fd;
}

TEST(Listener, ChoosesAPortAndAccepts) {
  auto listeners = Listener::open(address("127.0.0.1:0"));
  ASSERT_TRUE(listeners) << listeners.error().message;
  Listener& listener = listeners->front();
  EXPECT_GT(listener.address().port, 0);
  EXPECT_EQ(listener.accept().status, AcceptStatus::kNoneWaiting);
  const base::UniqueFd client = connect_to(listener.address().port);
  const Accepted accepted = listener.accept();
  ASSERT_EQ(accepted.status, AcceptStatus::kAccepted);
  EXPECT_EQ(accepted.peer.address, "127.0.0.1");
  EXPECT_EQ(local_endpoint(accepted.socket.get()).port, listener.address().port);
}

TEST(Listener, EveryInterfaceTakesIpv4AndNamesItSo) {
  auto listeners = Listener::open(address(":0"));
  ASSERT_TRUE(listeners) << listeners.error().message;
  ASSERT_EQ(listeners->size(), 1U);
  const base::UniqueFd client = connect_to(listeners->front().address().port);
  EXPECT_EQ(listeners->front().accept().peer.address, "127.0.0.1");
}

TEST(Listener, APortThatIsTakenIsOneClearError) {
  auto first = Listener::open(address("127.0.0.1:0"));
  ASSERT_TRUE(first);
  const std::string text = "127.0.0.1:" + std::to_string(first->front().address().port);
  const auto second = Listener::open(address(text));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "listen " + text + ": Address already in use");
}

TEST(Listener, AUnixSocketIsMadeReplacedWhenStaleAndRemoved) {
  const base::TestDirectory directory;
  const std::string path = directory.path("socket");
  struct stat status{};
  {
    auto listeners = Listener::open(address("unix:" + path));
    ASSERT_TRUE(listeners) << listeners.error().message;
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    const auto taken = Listener::open(address("unix:" + path));
    EXPECT_FALSE(taken) << "somebody listens on it";
  }
  EXPECT_NE(::stat(path.c_str(), &status), 0);

  // A killed process leaves this behind.
  {
    base::UniqueFd dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  }
  EXPECT_TRUE(Listener::open(address("unix:" + path)));
}

TEST(Listener, AUnixSocketHasTheModeAndOwnerAskedFor) {
  const base::TestDirectory directory;
  const std::string path = directory.path("socket");
  ListenOptions options;
  for (const mode_t mode : {0600U, 0666U, 0770U}) {
    options.mode = mode;
    options.owner = ::getuid();
    options.group = ::getgid();
    const auto listeners = Listener::open(address("unix:" + path), options);
    ASSERT_TRUE(listeners) << listeners.error().message;
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, mode);
    EXPECT_EQ(status.st_gid, ::getgid());
  }
}

TEST(Listener, AnAbstractSocketHasNoFile) {
  const std::string name = "unix:@tusk-listener-test-" + std::to_string(::getpid());
  auto listeners = Listener::open(address(name));
  ASSERT_TRUE(listeners) << listeners.error().message;
  constexpr bool kTls = false;
  EXPECT_EQ(listeners->front().url(kTls), name);
  EXPECT_EQ(local_endpoint(listeners->front().fd()).address, name);
  EXPECT_FALSE(Listener::open(address(name))) << "somebody listens on it";
}

TEST(Listener, ADuplicateTakesTheSameClientsAndStrangersTakeNone) {
  auto first = Listener::open(address("127.0.0.1:0"));
  ASSERT_TRUE(first) << first.error().message;
  auto second = first->front().duplicate();
  ASSERT_TRUE(second) << second.error().message;
  const std::uint16_t port = first->front().address().port;
  EXPECT_EQ(second->address().port, port);
  const base::UniqueFd one = connect_to(port);
  EXPECT_EQ(second->accept().status, AcceptStatus::kAccepted);
  EXPECT_EQ(first->front().accept().status, AcceptStatus::kNoneWaiting);
  first->front().close();
  const base::UniqueFd other = connect_to(port);
  EXPECT_EQ(second->accept().status, AcceptStatus::kAccepted);

  for (const int option : {SO_REUSEADDR, SO_REUSEPORT}) {
    const base::UniqueFd stranger(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ASSERT_EQ(::setsockopt(stranger.get(), SOL_SOCKET, option, &on, sizeof on), 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    EXPECT_NE(::bind(stranger.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
    EXPECT_EQ(errno, EADDRINUSE);
  }
}

TEST(Listener, TheTwinOfAUnixSocketIsTheSameSocket) {
  const std::string name = "unix:@tusk-listener-duplicate-" + std::to_string(::getpid());
  auto first = Listener::open(address(name));
  ASSERT_TRUE(first);
  auto second = first->front().duplicate();
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(local_endpoint(second->fd()).address, name);
}

TEST(Listener, ASocketMadeElsewhereIsTakenOver) {
  auto made = Listener::open(address("127.0.0.1:0"));
  ASSERT_TRUE(made);
  const std::uint16_t port = made->front().address().port;
  auto adopted = Listener::adopt(base::UniqueFd(base::duplicate(made->front().fd())));
  ASSERT_TRUE(adopted) << adopted.error().message;
  EXPECT_EQ(config::to_string(adopted->address()), "127.0.0.1:" + std::to_string(port));
  const base::UniqueFd client = connect_to(port);
  EXPECT_EQ(adopted->accept().status, AcceptStatus::kAccepted);

  EXPECT_FALSE(Listener::adopt(base::UniqueFd(base::duplicate(client.get()))))
      << "it does not listen";
}

TEST(Listener, AFileInTheWayIsNotRemoved) {
  char path[] = "/tmp/tusk-listener-file-XXXXXX";
  const base::UniqueFd file(::mkstemp(path));
  EXPECT_FALSE(Listener::open(address(std::string("unix:") + path)));
  EXPECT_EQ(::access(path, F_OK), 0);
  ::unlink(path);
}

}  // namespace
}  // namespace tusk::net
