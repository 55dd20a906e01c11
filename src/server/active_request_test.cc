#include "server/active_request.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "server/test/fake_router.h"
#include "server/test/fake_sink.h"
#include "server/test/services.h"

namespace tusk::server {
namespace {

class NoReplies final : public ReplySink {
 public:
  void on_reply(std::uint32_t /*bits*/) override {}
};

class ActiveRequestTest : public ::testing::Test {
 protected:
  // A request of which the head is there.
  void take(std::string_view method) {
    request_.exchange.take();
    http::RequestHead& head = request_.job().head;
    head.method = head.append(method);
    head.path = head.append("/a");
    request_.job().origin.client_address = head.append("192.0.2.1");
  }

  test::TestServices services_;
  test::FakeRouter router_;
  ListenerServices listener_{.answers = services_.site, .router = router_, .limits = {}};
  ConnectionFacts connection_;
  net::Wakeup wakeup_;
  test::FakeSink sink_{wakeup_};
  NoReplies replies_;
  ActiveRequest request_{services_.services, listener_, connection_, wakeup_, sink_, replies_};
};

TEST_F(ActiveRequestTest, HasAHeadWhileItHasAnExchange) {
  EXPECT_FALSE(request_.has_head());
  take("GET");
  EXPECT_TRUE(request_.has_head());
  EXPECT_FALSE(request_.is_head_request());
  request_.exchange.release();
  EXPECT_FALSE(request_.has_head());
  take("HEAD");
  EXPECT_TRUE(request_.is_head_request());
}

TEST_F(ActiveRequestTest, TheConnectionDecidesAboutTlsUntilTheOriginIsKnown) {
  connection_.tls.version = "TLSv1.3";
  EXPECT_TRUE(request_.tls());
  take("GET");
  EXPECT_FALSE(request_.tls()) << "a trusted proxy may say so";
  request_.job().origin.tls = true;
  EXPECT_TRUE(request_.tls());
}

TEST_F(ActiveRequestTest, ForgetsThePreviousResponse) {
  take("GET");
  site::Route route;
  request_.route = &route;
  request_.answered_by = observe::AnsweredBy::kStatic;
  const std::array change = {config::HeaderChange{.name = "X-A", .value = "1"}};
  request_.header_changes.collect(change);
  http::ResponseHead head;
  head.status = 404;
  request_.begin_response(head, http::Framing::known(0));
  EXPECT_EQ(request_.response.status(), 404);
  request_.reset_response();
  EXPECT_EQ(request_.response.status(), 0);
  EXPECT_EQ(request_.route, nullptr);
  EXPECT_EQ(request_.answered_by, observe::AnsweredBy::kNone);
  EXPECT_TRUE(request_.header_changes.empty());
}

TEST_F(ActiveRequestTest, RunsTheStagesOfAResponseInTheirOrder) {
  static constexpr std::array<Stage, 3> kStages = {
      Stage{.name = "first",
            .what = {},
            .why_here = {},
            .on_response = [](ActiveRequest&, http::ResponseHead& head) { head.set("X", "1"); }},
      Stage{.name = "none", .what = {}, .why_here = {}},
      Stage{.name = "last",
            .what = {},
            .why_here = {},
            .on_response = [](ActiveRequest&, http::ResponseHead& head) {
              head.set("X", std::string(head.find("X")) + "2");
            }}};
  listener_.stages = kStages;
  take("GET");
  http::ResponseHead head;
  head.status = 200;
  request_.begin_response(head, http::Framing::known(0));
  EXPECT_EQ(sink_.head.status, 200);
  EXPECT_EQ(sink_.head.find("X"), "12");
}

TEST_F(ActiveRequestTest, CountsAResponseThatWasClosedEarly) {
  take("GET");
  request_.count_closed(observe::Closed::kSlow);
  EXPECT_TRUE(services_.metrics_show(R"(tusk_responses_closed_total{reason="slow"} 1)"));
}

}  // namespace
}  // namespace tusk::server
