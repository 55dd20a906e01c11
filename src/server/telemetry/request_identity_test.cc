#include "server/telemetry/request_identity.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "clients/trusted_proxies.h"
#include "config/trusted_proxy.h"
#include "server/telemetry/telemetry.h"
#include "server/test/transaction.h"

namespace tusk::server::telemetry {
namespace {

constexpr const char* kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

// The router answers each request at once, and keeps what a script would find.
class RequestIdentityTest : public test::TransactionTest {
 protected:
  RequestIdentityTest() {
    listener_.telemetry = &telemetry_;
    router_.decide = [this](site::Route& route, const site::RoutedRequest& request) {
      route.body = "hello";
      const http::RequestHead& head = request.head;
      id_ = head.find("x-request-id");
      parent_ = head.find("traceparent");
      state_ = head.find("tracestate");
    };
  }

  void come_from_a_trusted_proxy() { connection_.proxies = &proxies_; }

  Telemetry telemetry_;
  clients::TrustedProxies proxies_{{*config::parse_trusted_proxy("192.0.2.1")}};
  std::string id_;
  std::string parent_;
  std::string state_;
};

TEST_F(RequestIdentityTest, AnIdIsMadeForTheScriptAndTheClient) {
  telemetry_.passes_request_id = true;
  ask("GET / HTTP/1.1", "X-Request-Id: of-a-stranger\r\n");
  EXPECT_NE(id_, "of-a-stranger");
  EXPECT_FALSE(id_.empty());
  EXPECT_EQ(sink_.head.find("X-Request-Id"), id_);
  const std::string first = id_;
  ask();
  EXPECT_NE(id_, first);
}

TEST_F(RequestIdentityTest, ATrustedProxyGivesTheId) {
  telemetry_.passes_request_id = true;
  come_from_a_trusted_proxy();
  ask("GET / HTTP/1.1", "X-Request-Id: a1-b2\r\nX-Request-Id: another\r\n");
  EXPECT_EQ(id_, "a1-b2");
  EXPECT_EQ(sink_.head.find("X-Request-Id"), "a1-b2");
  ask("GET / HTTP/1.1", "X-Request-Id: with \"quotes\"\r\n");
  EXPECT_EQ(id_.find('"'), std::string::npos) << "it is no valid id";
}

TEST_F(RequestIdentityTest, WithoutTheOptionNothingIsPassedOn) {
  ask();
  EXPECT_EQ(id_, "");
  EXPECT_FALSE(sink_.head.contains("X-Request-Id"));
  EXPECT_EQ(parent_, "");
  EXPECT_FALSE(sink_.head.contains("traceresponse"));
}

TEST_F(RequestIdentityTest, ATraceIsContinuedWithASpanOfItsOwn) {
  telemetry_.traces = Telemetry::Traces::kFromAnyone;
  ask("GET / HTTP/1.1",
      "traceparent: " + std::string(kParent) + "\r\ntracestate: a=1\r\ntracestate: b=2\r\n");
  EXPECT_EQ(parent_.substr(0, 36), std::string(kParent).substr(0, 36)) << "the same trace";
  EXPECT_NE(parent_, kParent) << "another span";
  EXPECT_EQ(state_, "a=1,b=2");
  EXPECT_EQ(sink_.head.find("traceresponse"), parent_);
}

TEST_F(RequestIdentityTest, ATraceOfAStrangerBeginsAnewWhereOnlyProxiesAreTrusted) {
  telemetry_.traces = Telemetry::Traces::kFromTrusted;
  const std::string fields = "traceparent: " + std::string(kParent) + "\r\ntracestate: a=1\r\n";
  ask("GET / HTTP/1.1", fields);
  EXPECT_NE(parent_.substr(0, 36), std::string(kParent).substr(0, 36));
  EXPECT_EQ(parent_.size(), std::string(kParent).size());
  EXPECT_EQ(state_, "") << "it belongs to the trace that was dropped";
  come_from_a_trusted_proxy();
  ask("GET / HTTP/1.1", fields);
  EXPECT_EQ(parent_.substr(0, 36), std::string(kParent).substr(0, 36));
}

TEST_F(RequestIdentityTest, TheSampleDecidesAboutTracesThatBeginHere) {
  telemetry_.traces = Telemetry::Traces::kFromAnyone;
  ask();
  EXPECT_TRUE(parent_.ends_with("-01"));
  telemetry_.trace_sample = 0;
  ask();
  EXPECT_TRUE(parent_.ends_with("-00"));
}

}  // namespace
}  // namespace tusk::server::telemetry
