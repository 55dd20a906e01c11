#include "server/request_stages.h"

#include <array>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "clients/trusted_proxies.h"
#include "server/test/transaction.h"
#include "site/document_router.h"
#include "site/https_policy.h"

namespace tusk::server {
namespace {

// The stages that have run, in order.
std::vector<std::string> ran;

template <int kStatus>
int head_stage(ActiveRequest& request) {
  ran.push_back("head of " + std::string(request.head().view(request.head().target)));
  return kStatus;
}

base::Task<bool> answer_text(ActiveRequest& request) {
  ran.emplace_back("answer");
  http::ResponseHead head;
  request.begin_response(head, http::Framing::known(0));
  co_return co_await request.response.send({}, Next::kEnd);
}

Answer pass(ActiveRequest& /*request*/) {
  ran.emplace_back("pass");
  return nullptr;
}
Answer settle(ActiveRequest& /*request*/) {
  ran.emplace_back("settle");
  return &answer_text;
}
Answer never(ActiveRequest& /*request*/) {
  ran.emplace_back("never");
  return &answer_text;
}
void first_field(ActiveRequest& /*request*/, http::ResponseHead& head) { head.add("A", "1"); }
void second_field(ActiveRequest& /*request*/, http::ResponseHead& head) { head.add("B", "2"); }

class RequestStagesTest : public test::TransactionTest {
 protected:
  void SetUp() override { ran.clear(); }
};

TEST_F(RequestStagesTest, RunInOrderUntilOneSettlesTheAnswer) {
  constexpr std::array kStages = {
      Stage{.name = "a", .what = "", .why_here = "", .on_head = head_stage<0>, .on_request = pass},
      Stage{.name = "b", .what = "", .why_here = "", .on_response = first_field},
      Stage{.name = "c", .what = "", .why_here = "", .on_head = head_stage<0>},
      Stage{.name = "d", .what = "", .why_here = "", .on_request = settle},
      Stage{.name = "e", .what = "", .why_here = "", .on_request = never},
      Stage{.name = "f", .what = "", .why_here = "", .on_response = second_field},
  };
  listener_.stages = kStages;
  ask("GET /x HTTP/1.1");
  EXPECT_EQ(ran,
            (std::vector<std::string>{"head of /x", "head of /x", "pass", "settle", "answer"}));
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.text, "A: 1\r\nB: 2\r\n");
}

TEST_F(RequestStagesTest, TheFirstThatRefusesAHeadEndsTheWalk) {
  constexpr std::array kStages = {
      Stage{.name = "a", .what = "", .why_here = "", .on_head = head_stage<0>},
      Stage{.name = "b", .what = "", .why_here = "", .on_head = head_stage<451>},
      Stage{.name = "c", .what = "", .why_here = "", .on_head = head_stage<400>},
  };
  listener_.stages = kStages;
  EXPECT_EQ(begin(), 451);
  EXPECT_EQ(ran.size(), 2U);
}

TEST_F(RequestStagesTest, AnAnswerThatNoStageGivesIs500) {
  listener_.stages = internal_stages();
  ask();  // the router wants a script
  EXPECT_EQ(sink_.head.status, 500);
  EXPECT_EQ(services_.queue.depth(), 0U) << "the internal server runs none";
}

TEST_F(RequestStagesTest, TheServicesOfAListenerDecideWhichStagesItsRequestsPass) {
  const ListenerServices internal{.answers = InternalServices{}, .router = router_, .limits = {}};
  EXPECT_EQ(internal.stages.data(), internal_stages().data());
  EXPECT_EQ(listener_.stages.data(), site_stages().data());
}

TEST_F(RequestStagesTest, EachSaysWhatItDoesAndRunsSomething) {
  for (const auto stages : {site_stages(), internal_stages()}) {
    for (const Stage& stage : stages) {
      EXPECT_FALSE(stage.what.empty()) << stage.name;
      EXPECT_FALSE(stage.why_here.empty()) << stage.name;
      EXPECT_TRUE(stage.on_head != nullptr || stage.on_request != nullptr ||
                  stage.on_response != nullptr)
          << stage.name;
    }
  }
}

// --- who the client is ---

TEST_F(RequestStagesTest, TheOriginIsTheConnections) {
  ASSERT_EQ(begin("GET http://Example.org:81/ HTTP/1.1"), 0);
  std::string seen;
  router_.decide = [&](site::Route& route, const site::RoutedRequest& request) {
    const http::RequestOrigin& origin = request.origin;
    seen.append(request.head.view(origin.client_address)).append(" ");
    seen.append(std::to_string(origin.client_port)).append(" ");
    seen.append(request.head.view(origin.host)).append(origin.tls ? " https" : " http");
    EXPECT_EQ(origin.sharing, http::RequestOrigin::Sharing::kOneClient);
    route.body = "x";
  };
  respond();
  EXPECT_EQ(seen, "192.0.2.1 4711 example.org http");
}

TEST_F(RequestStagesTest, TheOriginIsWhatATrustedProxySays) {
  const clients::TrustedProxies proxies({config::parse_trusted_proxy("192.0.2.1").value()});
  connection_.proxies = &proxies;
  std::string seen;
  router_.decide = [&](site::Route& route, const site::RoutedRequest& request) {
    const http::RequestOrigin& origin = request.origin;
    seen.append(request.head.view(origin.client_address)).append(origin.tls ? " https" : " http");
    EXPECT_EQ(origin.sharing, http::RequestOrigin::Sharing::kOneClient);
    route.body = "x";
  };
  ask("GET / HTTP/1.1", "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n");
  EXPECT_EQ(seen, "203.0.113.9 https");
  router_.decide = [&](site::Route& route, const site::RoutedRequest& request) {
    EXPECT_EQ(request.origin.sharing, http::RequestOrigin::Sharing::kManyClients);
    route.body = "x";
  };
  ask();
}

// --- https ---

TEST_F(RequestStagesTest, AClientWithoutTlsIsRedirectedBeforeItIsRouted) {
  const site::HttpsPolicy policy{.redirect_status = 308, .https_port = 443, .hsts = "max-age=9"};
  listener_.https = &policy;
  bool routed = false;
  router_.decide = [&](site::Route& route, const site::RoutedRequest&) {
    routed = true;
    route.body = "x";
  };
  ask("GET /a?b HTTP/1.1");
  EXPECT_EQ(sink_.head.status, 308);
  EXPECT_EQ(sink_.head.find("Location"), "https://example.org/a?b");
  EXPECT_FALSE(sink_.head.contains("Strict-Transport-Security"));
  EXPECT_FALSE(routed);
  connection_.tls.version = "TLSv1.3";
  ask("GET /a?b HTTP/1.1");
  EXPECT_TRUE(routed);
  EXPECT_EQ(sink_.head.status, 200);
  EXPECT_EQ(sink_.head.find("Strict-Transport-Security"), "max-age=9");
}

TEST(RequestStages, AreWhatIsInTheDocumentation) {
  std::string table = "| stage | what it does | why here |\n|---|---|---|\n";
  const auto add = [&](const auto& stage) {
    table.append("| ").append(stage.name).append(" | ").append(stage.what);
    table.append(" | ").append(stage.why_here).append(" |\n");
  };
  for (const Stage& stage : site_stages()) {
    add(stage);
    if (stage.name != "route") continue;
    for (const auto& routing : site::DocumentRouter::stages()) add(routing);
  }
  std::ifstream file(TUSK_SOURCE_DIR "/docs/routing.md", std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(table), std::string::npos) << "docs/routing.md lacks\n" << table;
}

}  // namespace
}  // namespace tusk::server
