#include "server/stream_connection.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "http/response.h"
#include "net/fake_stream.h"
#include "observe/metrics.h"
#include "server/http1/connection.h"
#include "server/test/services.h"
#include "site/router.h"

namespace tusk::server {
namespace {

// Answers each request with a text of one line.
class OneAnswer final : public site::Router {
 public:
  site::Route& route(const site::RoutedRequest& /*request*/) override {
    route_.clear();
    route_.kind = site::Route::Kind::kError;
    route_.error_status = 404;
    return route_;
  }

 private:
  site::Route route_;
};

class ConnectionTest : public ::testing::Test {
 protected:
  ConnectionTest() {
    listener_.limits.header_timeout = std::chrono::seconds(10);
    auto stream = std::make_unique<net::FakeStream>();
    client_ = stream.get();
    connection_ =
        std::make_unique<http1::Connection>(shared_.services, listener_, std::move(stream),
                                            ConnectionFacts{.peer = {"192.0.2.1", 1234}});
  }
  ~ConnectionTest() override {
    // A connection outlives its coroutine.
    if (ended_.empty()) client_->client_closes();
  }

  std::string status_line() const { return client_->sent.substr(0, client_->sent.find('\r')); }

  test::TestServices shared_;
  std::vector<Connection*>& ended_ = shared_.ended;
  OneAnswer router_;
  ListenerServices listener_{.router = router_, .limits = {}};
  net::FakeStream* client_ = nullptr;
  std::unique_ptr<http1::Connection> connection_;
};

TEST_F(ConnectionTest, AnswersAndWaitsForTheNextRequest) {
  connection_->start();
  client_->client_sends("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(status_line(), "HTTP/1.1 404 Not Found");
  EXPECT_TRUE(ended_.empty());
  client_->sent.clear();
  client_->client_sends("GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(status_line(), "HTTP/1.1 404 Not Found");
}

TEST_F(ConnectionTest, ARequestMayComeByteByByte) {
  connection_->start();
  for (const char byte : std::string("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")) {
    EXPECT_TRUE(client_->sent.empty());
    client_->client_sends({&byte, 1});
  }
  EXPECT_EQ(status_line(), "HTTP/1.1 404 Not Found");
}

TEST_F(ConnectionTest, EndsWhenItsClientDoes) {
  connection_->start();
  client_->client_closes();
  EXPECT_TRUE(client_->closed);
  EXPECT_TRUE(connection_->can_be_freed());
  ASSERT_EQ(ended_.size(), 1U);
}

TEST_F(ConnectionTest, SilenceIsNotAnswered) {
  connection_->start();
  EXPECT_LE(connection_->deadline(), shared_.loop.now() + std::chrono::seconds(10));
  connection_->expire();
  EXPECT_TRUE(client_->sent.empty());
  EXPECT_TRUE(client_->closed);
}

TEST_F(ConnectionTest, ARequestThatDoesNotComeToItsEndIs408) {
  connection_->start();
  client_->client_sends("GET /a HTTP/1.1\r\n");
  connection_->expire();
  EXPECT_EQ(status_line(), "HTTP/1.1 408 Request Timeout");
}

TEST_F(ConnectionTest, LingersForAClientThatStillSends) {
  connection_->start();
  client_->client_sends("nonsense\r\n\r\n");
  EXPECT_EQ(status_line(), "HTTP/1.1 400 Bad Request");
  EXPECT_TRUE(client_->write_shut);
  EXPECT_FALSE(client_->closed);
  client_->client_sends(std::string(100000, 'x'));
  EXPECT_EQ(client_->unread(), 0U) << "what it still sends is dropped";
  EXPECT_FALSE(client_->closed);
  client_->client_closes();
  EXPECT_TRUE(client_->closed);
  EXPECT_FALSE(client_->aborted);
}

TEST_F(ConnectionTest, LingersForAWhileAndNoLonger) {
  connection_->start();
  client_->client_sends("nonsense\r\n\r\n");
  ASSERT_FALSE(client_->closed);
  EXPECT_LE(connection_->deadline(), shared_.loop.now() + std::chrono::seconds(2));
  connection_->expire();
  EXPECT_TRUE(client_->closed);
}

TEST_F(ConnectionTest, LingersForSoManyBytesAndNoMore) {
  connection_->start();
  client_->client_sends("nonsense\r\n\r\n");
  for (int i = 0; i < 6 && !client_->closed; ++i) client_->client_sends(std::string(1 << 20, 'x'));
  EXPECT_TRUE(client_->closed);
}

TEST_F(ConnectionTest, ADrainLeavesAnIdleConnectionATimeOfGrace) {
  connection_->start();
  client_->client_sends("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  connection_->drain();
  EXPECT_FALSE(client_->closed);
  EXPECT_LE(connection_->deadline(), shared_.loop.now() + std::chrono::milliseconds(500));
  client_->sent.clear();
  client_->client_sends("GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(status_line(), "HTTP/1.1 404 Not Found") << "what was on its way is answered";
  EXPECT_NE(client_->sent.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(client_->closed);
}

TEST_F(ConnectionTest, AClientOfHttp2GetsItsOwnConnection) {
  connection_->start();
  client_->client_sends("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  ASSERT_EQ(ended_.size(), 1U);
  ASSERT_NE(connection_->successor, nullptr);
  EXPECT_FALSE(client_->closed) << "the stream goes on";
  EXPECT_TRUE(connection_->can_be_freed());
  connection_->successor->start();
  EXPECT_FALSE(client_->sent.empty()) << "its SETTINGS";
  client_->client_closes();
}

}  // namespace
}  // namespace tusk::server
