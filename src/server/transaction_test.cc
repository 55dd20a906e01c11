#include "server/transaction.h"

#include <string>

#include <gtest/gtest.h>

#include "clients/rate_limiter.h"
#include "server/test/transaction.h"

namespace tusk::server {
namespace {

class TransactionTest : public test::TransactionTest {
 protected:
  void route_to_text(std::string body) {
    router_.decide = [body](site::Route& route, const site::RoutedRequest&) { route.body = body; };
  }
};

TEST_F(TransactionTest, TakesARequestAndHasItAnswered) {
  route_to_text("hello");
  EXPECT_FALSE(transaction_.begun());
  ASSERT_EQ(begin(), 0);
  EXPECT_TRUE(transaction_.begun());
  EXPECT_FALSE(transaction_.submitted());
  respond();
  EXPECT_TRUE(done_);
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.status, 200);
  EXPECT_EQ(sink_.body, "hello");
  EXPECT_TRUE(sink_.ended);
  EXPECT_FALSE(transaction_.begun());
}

TEST_F(TransactionTest, IsUsedAgainForTheNextRequest) {
  route_to_text("first");
  ask();
  route_to_text("second");
  ask();
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.body, "second");
}

TEST_F(TransactionTest, AHeadRequestGetsNoBody) {
  route_to_text("hello");
  ask("HEAD / HTTP/1.1");
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.status, 200);
  EXPECT_EQ(sink_.body, "");
  EXPECT_TRUE(sink_.ended);
}

TEST_F(TransactionTest, RefusesAnAnnouncedBodyThatIsTooLarge) {
  listener_.limits.body_bytes = 10;
  EXPECT_EQ(begin("POST / HTTP/1.1", "Content-Length: 11\r\n"), 413);
  refuse(413);
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.status, 413);
  EXPECT_FALSE(transaction_.begun());
  EXPECT_EQ(begin("POST / HTTP/1.1", "Content-Length: 10\r\n"), 0);
}

TEST_F(TransactionTest, RefusesABodyThatGrowsTooLarge) {
  listener_.limits.body_bytes = 10;
  ASSERT_EQ(begin("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n"), 0);
  EXPECT_EQ(transaction_.append_body("0123456789"), 0);
  EXPECT_EQ(transaction_.append_body("x"), 413);
}

TEST_F(TransactionTest, RefusesWhatCouldNotBeRead) {
  refuse(400);
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.status, 400);
  EXPECT_FALSE(sink_.body.empty());
}

TEST_F(TransactionTest, AClientThatAsksTooOftenGets429) {
  clients::RateLimiter limiter({.requests = 1, .window = std::chrono::seconds(10)});
  listener_.rate_limiter = &limiter;
  route_to_text("hello");
  ask();
  EXPECT_EQ(sink_.head.status, 200);
  ask();
  EXPECT_EQ(sink_.head.status, 429);
  EXPECT_FALSE(sink_.head.find("Retry-After").empty());
  EXPECT_EQ(begin("POST / HTTP/1.1", "Content-Length: 1\r\n"), 429) << "its body is not read";
  refuse(429);
  EXPECT_EQ(sink_.head.status, 429);
  EXPECT_FALSE(sink_.head.find("Retry-After").empty());
}

TEST_F(TransactionTest, CountsByHandlerAndStatus) {
  router_.decide = [](site::Route& route, const site::RoutedRequest&) {
    route.answered_by = observe::AnsweredBy::kStatic;
    route.body = "x";
  };
  ask();
  refuse(400);
  EXPECT_TRUE(services_.metrics_show(R"(tusk_requests_total{handler="static",class="2xx"} 1)"));
  EXPECT_TRUE(services_.metrics_show(R"(tusk_requests_total{handler="none",class="4xx"} 1)"));
  listener_.counted = false;
  ask();
  EXPECT_TRUE(services_.metrics_show(R"(tusk_requests_total{handler="static",class="2xx"} 1)"));
}

TEST_F(TransactionTest, AClientThatLeavesIsNotAnsweredToTheEnd) {
  route_to_text("hello");
  sink_.client_leaves();
  ask();
  EXPECT_TRUE(done_);
  EXPECT_FALSE(sent_);
  EXPECT_FALSE(transaction_.begun());
  EXPECT_TRUE(services_.metrics_show("tusk_responses_aborted_total 1"));
}

}  // namespace
}  // namespace tusk::server
