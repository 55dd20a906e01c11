#include "server/http1/connection.h"

#include <string>

#include "server/test/http1_fixture.h"

namespace tusk::server::http1 {
namespace {

constexpr std::string_view kRequest = test::kHttp1Request;

class Http1ConnectionTest : public test::Http1Fixture {};

TEST_F(Http1ConnectionTest, AnswersAndWaitsForTheNextRequest) {
  start();
  client_->client_sends(kRequest);
  EXPECT_EQ(status_line(), "HTTP/1.1 200 OK");
  EXPECT_TRUE(client_->sent.ends_with("\r\n\r\nhello"));
  EXPECT_TRUE(ended_.empty());
  client_->sent.clear();
  client_->client_sends("GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(status_line(), "HTTP/1.1 200 OK");
  EXPECT_EQ(router_.targets, (std::vector<std::string>{"/a", "/b"}));
}

TEST_F(Http1ConnectionTest, AnswersPipelinedRequestsInOrder) {
  start();
  client_->client_sends(std::string(kRequest) + "GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(router_.targets, (std::vector<std::string>{"/a", "/b"}));
  EXPECT_NE(client_->sent.find("HTTP/1.1 200 OK", 1), std::string::npos);
}

TEST_F(Http1ConnectionTest, ARequestMayComeByteByByte) {
  start();
  for (const char byte : kRequest) {
    EXPECT_TRUE(client_->sent.empty());
    client_->client_sends({&byte, 1});
  }
  EXPECT_EQ(status_line(), "HTTP/1.1 200 OK");
}

TEST_F(Http1ConnectionTest, EndsWhenItsClientDoes) {
  start();
  client_->client_closes();
  EXPECT_TRUE(client_->closed);
  EXPECT_TRUE(connection_->can_be_freed());
  ASSERT_EQ(ended_.size(), 1U);
}

TEST_F(Http1ConnectionTest, DoesNotAnswerASilentClient) {
  start();
  EXPECT_EQ(connection_->deadline(), loop_.now() + listener_.limits.header_timeout);
  connection_->expire();
  EXPECT_TRUE(client_->sent.empty());
  EXPECT_TRUE(client_->closed);
}

TEST_F(Http1ConnectionTest, AnswersAnIncompleteRequestWith408) {
  start();
  client_->client_sends("GET /a HTTP/1.1\r\n");
  connection_->expire();
  EXPECT_EQ(status_line(), "HTTP/1.1 408 Request Timeout");
}

TEST_F(Http1ConnectionTest, AnIdleConnectionHasATimeoutOfItsOwn) {
  start();
  client_->client_sends(kRequest);
  EXPECT_EQ(connection_->deadline(), loop_.now() + listener_.limits.idle_timeout);
  client_->client_sends("GET ");
  EXPECT_EQ(connection_->deadline(), loop_.now() + listener_.limits.header_timeout);
}

TEST_F(Http1ConnectionTest, ABodyMustMakeProgress) {
  start();
  client_->client_sends("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n");
  EXPECT_EQ(connection_->deadline(), loop_.now() + listener_.limits.body_timeout);
  loop_.advance(std::chrono::seconds(20));
  client_->client_sends("12345");
  EXPECT_EQ(connection_->deadline(), loop_.now() + listener_.limits.body_timeout);
  connection_->expire();
  EXPECT_EQ(status_line(), "HTTP/1.1 408 Request Timeout");
}

TEST_F(Http1ConnectionTest, TellsAClientThatExpectsItToContinue) {
  start();
  client_->client_sends(
      "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client_->sent, "HTTP/1.1 100 Continue\r\n\r\n");
  client_->sent.clear();
  client_->client_sends("ok");
  EXPECT_EQ(status_line(), "HTTP/1.1 200 OK");
}

TEST_F(Http1ConnectionTest, ClosesAfterTheLastRequest) {
  listener_.limits.keepalive_requests = 2;
  start();
  client_->client_sends(kRequest);
  EXPECT_FALSE(sent("Connection: close"));
  client_->client_sends(kRequest);
  EXPECT_TRUE(sent("Connection: close"));
  EXPECT_TRUE(client_->closed);
}

TEST_F(Http1ConnectionTest, ClosesAfterARequestOfHttp10) {
  start();
  client_->client_sends("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(client_->sent.ends_with("hello"));
  EXPECT_TRUE(client_->closed);
}

TEST_F(Http1ConnectionTest, LingersAfterAMalformedRequest) {
  start();
  client_->client_sends("nonsense\r\n\r\n");
  EXPECT_EQ(status_line(), "HTTP/1.1 400 Bad Request");
  EXPECT_TRUE(client_->write_shut);
  EXPECT_FALSE(client_->closed);
  client_->client_closes();
  EXPECT_TRUE(client_->closed);
  EXPECT_FALSE(client_->aborted);
}

TEST_F(Http1ConnectionTest, ADrainGivesAnIdleConnectionATimeOfGrace) {
  start();
  client_->client_sends(kRequest);
  services_.drain_idle_time = std::chrono::milliseconds(500);
  connection_->drain();
  EXPECT_FALSE(client_->closed);
  EXPECT_EQ(connection_->deadline(), loop_.now() + std::chrono::milliseconds(500));
  client_->sent.clear();
  client_->client_sends(kRequest);
  EXPECT_EQ(status_line(), "HTTP/1.1 200 OK") << "a request on its way is answered";
  EXPECT_TRUE(sent("Connection: close"));
  EXPECT_TRUE(client_->closed);
}

TEST_F(Http1ConnectionTest, ARequestThatComesWhenTheTimeEndsIsAnswered) {
  start();
  client_->client_sends(kRequest);
  connection_->drain();
  client_->sent.clear();
  client_->client_sends_unnoticed(kRequest);
  connection_->expire();
  EXPECT_EQ(status_line(), "HTTP/1.1 200 OK");
  EXPECT_TRUE(client_->closed);
}

TEST_F(Http1ConnectionTest, ADrainThatTimesOutAnswersAnIncompleteRequestWith503) {
  start();
  client_->client_sends("GET /a HTTP/1.1\r\n");
  EXPECT_EQ(connection_->unsubmitted_requests(), 1U);
  connection_->drain();
  services_.drain_timed_out = true;
  connection_->on_drain_timeout();
  EXPECT_EQ(status_line(), "HTTP/1.1 503 Service Unavailable");
}

TEST_F(Http1ConnectionTest, ADrainThatTimesOutAnswersAWaitingRequestWith503) {
  router_.script = "/index.php";
  start();
  client_->client_sends(kRequest);
  services_.drain_timed_out = true;
  connection_->on_drain_timeout();
  EXPECT_EQ(status_line(), "HTTP/1.1 503 Service Unavailable");
  EXPECT_EQ(shared_.take_request(), nullptr) << "its script does not run";
}

TEST_F(Http1ConnectionTest, ClosesOnRequestOnlyWhenIdle) {
  start();
  EXPECT_FALSE(connection_->close_if_idle()) << "a new client has its header timeout";
  client_->client_sends(kRequest);
  EXPECT_TRUE(connection_->close_if_idle());
  EXPECT_TRUE(client_->closed);
}

TEST_F(Http1ConnectionTest, HandsOverToHttp2) {
  start();
  client_->client_sends("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  ASSERT_EQ(ended_.size(), 1U);
  ASSERT_NE(connection_->successor, nullptr);
  EXPECT_FALSE(client_->closed) << "the stream goes on";
  EXPECT_TRUE(connection_->can_be_freed());
  connection_->successor->start();
  EXPECT_FALSE(client_->sent.empty()) << "its SETTINGS";
  client_->client_closes();
}

TEST_F(Http1ConnectionTest, APrefaceWithoutHttp2IsAMalformedRequest) {
  listener_.limits.http2 = false;
  start();
  client_->client_sends("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  EXPECT_EQ(connection_->successor, nullptr);
  EXPECT_TRUE(client_->sent.starts_with("HTTP/1.1 ")) << client_->sent;
}

}  // namespace
}  // namespace tusk::server::http1
