#include "server/handshake/tls_connection.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <sys/socket.h>

#include "base/unique_fd.h"
#include "clients/rate_limiter.h"
#include "server/test/connection_fixture.h"
#include "tls/store.h"
#include "tls/test_client.h"
#include "tls/test_files.h"

namespace tusk::server::handshake {
namespace {

// The connection and a client at the two ends of a socket pair. The test runs the loop.
class TlsConnectionTest : public test::ConnectionFixture {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);  // as the program does
    tls::Settings settings = tls::tls_test_settings();
    settings.self_signed = true;
    settings.http2 = true;
    std::vector<std::string> warnings;
    auto opened = tls::CertificateStore::open(settings, warnings);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }

  ~TlsConnectionTest() override {
    if (connection_ == nullptr) return;
    if (ended_.empty()) {
      client_end_.reset();
      run_until([this] { return !ended_.empty(); });
    }
    connection_->successor.reset();
    loop_.run_ready();
  }

  void start() {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    client_end_.reset(ends[1]);
    auto stream =
        std::make_unique<tls::Stream>(loop_.io(), base::UniqueFd(ends[0]), store_->current());
    connection_ = std::make_unique<TlsConnection>(services_, listener_, std::move(stream),
                                                  ConnectionFacts{.peer = {"192.0.2.1", 1234}});
    connection_->client = base::client_key("192.0.2.1");
    connection_->start();
  }

  // Runs handlers and computes handshakes, as the Server does, until `done`.
  void run_until(const std::function<bool()>& done) {
    for (int round = 0; round < 1000 && !done(); ++round) {
      loop_.run_ready();
      handshakes_.take_turn();
    }
    EXPECT_TRUE(done());
  }

  void shake_hands(tls::TlsTestClient& client) {
    bool client_done = false;
    run_until([&] {
      client_done = client_done || client.handshake();
      return client_done && !ended_.empty();
    });
  }

  // The bytes that the client can read without TLS.
  std::string received_in_clear() {
    std::array<char, 4096> buffer;
    const ssize_t got = ::recv(client_end_.get(), buffer.data(), buffer.size(), 0);
    return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  }

  std::uint64_t failures(observe::TlsFailure why) const {
    return shared_.all_metrics.snapshot({})
        .slots[observe::slot_of(observe::Metric::kTlsFailures) + static_cast<std::size_t>(why)];
  }

  std::unique_ptr<tls::CertificateStore> store_;
  base::UniqueFd client_end_;
  std::unique_ptr<TlsConnection> connection_;
};

TEST_F(TlsConnectionTest, HandsOverToHttp1) {
  start();
  tls::TlsTestClient client(client_end_.get());
  shake_hands(client);
  ASSERT_NE(connection_->successor, nullptr);
  EXPECT_TRUE(connection_->can_be_freed());
  EXPECT_EQ(value_of(observe::Metric::kTlsConnectionsOpen), 1U);
  ended_.clear();
  connection_->successor->start();
  ASSERT_TRUE(client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"));
  run_until([this] { return !router_.targets.empty(); });
  EXPECT_TRUE(client.received().starts_with("HTTP/1.1 200 OK\r\n"));
  client_end_.reset();
  run_until([this] { return !ended_.empty(); });
}

TEST_F(TlsConnectionTest, HandsOverToHttp2WhereAlpnChoosesIt) {
  start();
  tls::TlsTestClient client(client_end_.get(), "h2");
  shake_hands(client);
  ASSERT_NE(connection_->successor, nullptr);
  EXPECT_EQ(value_of(observe::Metric::kHttp2Connections), 1U);
}

TEST_F(TlsConnectionTest, WaitsForItsTurn) {
  start();
  tls::TlsTestClient client(client_end_.get());
  EXPECT_FALSE(client.handshake());
  loop_.run_ready();
  EXPECT_EQ(handshakes_.waiting(), 1U);
  EXPECT_FALSE(client.handshake()) << "nothing is computed yet";
  EXPECT_TRUE(ended_.empty());
  shake_hands(client);
}

TEST_F(TlsConnectionTest, AnswersAClientWithoutTlsInClearText) {
  start();
  const std::string_view request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_EQ(::send(client_end_.get(), request.data(), request.size(), 0),
            static_cast<ssize_t>(request.size()));
  std::string received;
  run_until([&] {
    received += received_in_clear();
    return !received.empty();
  });
  EXPECT_TRUE(received.starts_with("HTTP/1.1 400 Bad Request\r\n")) << received;
  EXPECT_NE(received.find("https://"), std::string::npos) << received;
  EXPECT_EQ(failures(observe::TlsFailure::kPlainHttp), 1U);
  EXPECT_TRUE(ended_.empty()) << "it lingers, so that the client can read this";
}

TEST_F(TlsConnectionTest, HasATimeout) {
  start();
  EXPECT_EQ(connection_->deadline(), loop_.now() + listener_.limits.handshake_timeout);
  connection_->expire();
  EXPECT_EQ(ended_.size(), 1U);
  EXPECT_EQ(connection_->successor, nullptr);
  EXPECT_EQ(failures(observe::TlsFailure::kTimeout), 1U);
}

TEST_F(TlsConnectionTest, ADrainShortensItsTime) {
  start();
  connection_->drain();
  EXPECT_EQ(connection_->deadline(), loop_.now() + std::chrono::seconds(1));
}

TEST_F(TlsConnectionTest, EndsWhenItsClientLeaves) {
  start();
  tls::TlsTestClient client(client_end_.get());
  EXPECT_FALSE(client.handshake());
  client_end_.reset();
  run_until([this] { return !ended_.empty(); });
  EXPECT_EQ(connection_->successor, nullptr);
  EXPECT_EQ(failures(observe::TlsFailure::kAbandoned), 1U);
}

TEST_F(TlsConnectionTest, AClientMayBeginOnlySoMany) {
  clients::RateLimiter::Settings settings;
  settings.window = std::chrono::hours(1);
  clients::RateLimiter limiter(settings);
  (void)limiter.count(*base::client_key("192.0.2.1"), loop_.now());
  listener_.handshake_limiter = &limiter;
  start();
  tls::TlsTestClient client(client_end_.get());
  EXPECT_FALSE(client.handshake());
  run_until([this] { return !ended_.empty(); });
  EXPECT_EQ(connection_->successor, nullptr);
  EXPECT_EQ(failures(observe::TlsFailure::kRefused), 1U);
}

}  // namespace
}  // namespace tusk::server::handshake
