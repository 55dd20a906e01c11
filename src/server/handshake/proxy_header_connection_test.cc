#include "server/handshake/proxy_header_connection.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <sys/socket.h>

#include "base/unique_fd.h"
#include "server/test/connection_fixture.h"

namespace tusk::server::handshake {
namespace {

// The connection and a load balancer at the two ends of a socket pair.
class ProxyHeaderConnectionTest : public test::ConnectionFixture {
 protected:
  void SetUp() override {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    balancer_.reset(ends[1]);
    net::Accepted accepted{.status = net::AcceptStatus::kAccepted,
                           .socket = base::UniqueFd(ends[0]),
                           .peer = {"192.0.2.9", 999}};
    connection_ = std::make_unique<ProxyHeaderConnection>(
        services_, listener_, std::move(accepted),
        [this](ProxyHeaderConnection&, net::Accepted client) { client_ = std::move(client); });
    connection_->start();
  }

  void send(std::string_view bytes) {
    ASSERT_EQ(::send(balancer_.get(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
    loop_.run_ready();
  }

  // The bytes that the next protocol would read from the socket.
  std::string rest() {
    std::array<char, 100> buffer;
    const ssize_t got = ::recv(client_->socket.get(), buffer.data(), buffer.size(), 0);
    return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  }

  base::UniqueFd balancer_;
  std::optional<net::Accepted> client_;
  std::unique_ptr<ProxyHeaderConnection> connection_;
};

TEST_F(ProxyHeaderConnectionTest, PassesTheSocketOnWithTheAddressesInTheHeader) {
  send("PROXY TCP4 203.0.113.7 198.51.100.1 4000 443\r\nGET / HTTP/1.1\r\n");
  ASSERT_TRUE(client_);
  EXPECT_EQ(client_->peer.address, "203.0.113.7");
  EXPECT_EQ(client_->peer.port, 4000);
  EXPECT_EQ(client_->local.address, "198.51.100.1");
  EXPECT_EQ(client_->local.port, 443);
  EXPECT_EQ(rest(), "GET / HTTP/1.1\r\n") << "not a byte of the next protocol was read";
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_TRUE(connection_->can_be_freed());
  EXPECT_EQ(value_of(observe::Metric::kConnectionsRefused), 0U);
}

TEST_F(ProxyHeaderConnectionTest, TheHeaderMayComeInPieces) {
  for (const char* const piece : {"PRO", "XY TCP4 203.0.113.7 198.51.", "100.1 4000 443\r"}) {
    send(piece);
    EXPECT_FALSE(client_);
  }
  send("\n");
  ASSERT_TRUE(client_);
  EXPECT_EQ(client_->peer.address, "203.0.113.7");
  EXPECT_EQ(rest(), "");
}

TEST_F(ProxyHeaderConnectionTest, WithoutAddressesThePeerIsTheClient) {
  send("PROXY UNKNOWN\r\n");
  ASSERT_TRUE(client_);
  EXPECT_EQ(client_->peer.address, "192.0.2.9");
}

TEST_F(ProxyHeaderConnectionTest, RefusesAnInvalidHeader) {
  send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_FALSE(client_);
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_EQ(value_of(observe::Metric::kConnectionsRefused), 1U);
}

TEST_F(ProxyHeaderConnectionTest, AHealthCheckThatOnlyConnectsIsNoError) {
  balancer_.reset();
  loop_.run_ready();
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_EQ(value_of(observe::Metric::kConnectionsRefused), 0U);
}

TEST_F(ProxyHeaderConnectionTest, RefusesAHeaderThatEndsEarly) {
  send("PROXY TCP4 ");
  balancer_.reset();
  loop_.run_ready();
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_EQ(value_of(observe::Metric::kConnectionsRefused), 1U);
}

TEST_F(ProxyHeaderConnectionTest, HasATimeout) {
  EXPECT_EQ(connection_->deadline(), loop_.now() + listener_.limits.header_timeout);
  connection_->expire();
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_EQ(value_of(observe::Metric::kConnectionsRefused), 1U);
  connection_->expire();
  EXPECT_EQ(ended_.size(), 1U);
}

TEST_F(ProxyHeaderConnectionTest, ADrainShortensItsTime) {
  services_.drain_idle_time = std::chrono::milliseconds(500);
  connection_->drain();
  EXPECT_EQ(connection_->deadline(), loop_.now() + std::chrono::milliseconds(500));
}

}  // namespace
}  // namespace tusk::server::handshake
