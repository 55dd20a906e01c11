// Pages that reload by themselves: the stream, the script in pages, and the page of a failed boot.

#include "server/development/development.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "server/development/reload_answer.h"
#include "server/test/transaction.h"

namespace tusk::server::development {
namespace {

class DevelopmentTest : public test::TransactionTest {
 protected:
  DevelopmentTest() {
    std::get<SiteServices>(listener_.answers).development = &development_;
    router_.decide = [this](site::Route& route, const site::RoutedRequest&) {
      route.response.head = page_;
      route.body = "<p>";
    };
    page_.add("Content-Type", "text/html; charset=utf-8");
    page_.add("ETag", "\"1\"");
  }
  // What the page of `fields` ends with.
  std::string appended(std::string_view fields = "", std::string_view line = "GET / HTTP/1.1") {
    ask(line, fields);
    EXPECT_TRUE(sink_.ended);
    EXPECT_TRUE(sink_.body.starts_with("<p>")) << sink_.body;
    return sink_.body.substr(3);
  }

  http::ResponseHead page_;
  ReloadStreams streams_{"7"};
  Development development_{.reload = &streams_, .boot_error = [] { return std::string(); }};
};

constexpr std::string_view kElement =
    "\n<script src=\"/.well-known/tusk/reload.js?v=7-1\"></script>\n";

TEST_F(DevelopmentTest, APageCarriesTheScriptWithItsVersion) {
  EXPECT_EQ(appended(), kElement);
  EXPECT_FALSE(sink_.head.contains("ETag"));
  EXPECT_EQ(sink_.head.find("Cache-Control"), "no-cache");
}

TEST_F(DevelopmentTest, TheVersionIsThatOfTheRequest) {
  streams_.announce(Reload::kPage);
  EXPECT_NE(appended().find("?v=7-2"), std::string::npos);
}

TEST_F(DevelopmentTest, ANonceOfThePolicyIsUsed) {
  page_.add("Content-Security-Policy", "default-src 'self'; script-src 'nonce-a+b/c='");
  EXPECT_NE(appended().find(" nonce=\"a+b/c=\">"), std::string::npos);
}

TEST_F(DevelopmentTest, RequestsThatShowNoPageGetNoScript) {
  EXPECT_EQ(appended("Sec-Fetch-Dest: document\r\n"), kElement);
  EXPECT_EQ(appended("Sec-Fetch-Dest: empty\r\n"), "");
  EXPECT_EQ(sink_.head.find("ETag"), "\"1\"");
}

TEST_F(DevelopmentTest, ScriptsAndFormsGetNoScript) {
  EXPECT_EQ(appended("HX-Request: true\r\n"), "");
  EXPECT_EQ(appended("", "POST / HTTP/1.1"), "");
}

TEST_F(DevelopmentTest, OtherResponsesStayAsTheyAre) {
  page_.set("Content-Type", "text/htmlx");
  EXPECT_EQ(appended(), "");
  page_.set("Content-Type", "TEXT/HTML");
  page_.add("Content-Encoding", "x");
  EXPECT_EQ(appended(), "");
}

TEST_F(DevelopmentTest, WithoutHotReloadNothingIsAppended) {
  development_.reload = nullptr;
  EXPECT_EQ(appended(), "");
  EXPECT_EQ(sink_.head.find("ETag"), "\"1\"");
}

TEST_F(DevelopmentTest, AStreamBeginsWithTheVersionAndTellsOfChanges) {
  ask("GET /.well-known/tusk/reload HTTP/1.1");
  EXPECT_EQ(sink_.head.find("Content-Type"), "text/event-stream");
  EXPECT_EQ(std::exchange(sink_.body, ""), "retry: 500\ndata: 7-1\n\n");
  streams_.announce(Reload::kStyles);
  EXPECT_EQ(std::exchange(sink_.body, ""), "data: 7-2 styles\n\n");
  streams_.announce(Reload::kPage);
  EXPECT_EQ(std::exchange(sink_.body, ""), "data: 7-3 page\n\n");
  sink_.deadline_passes();
  EXPECT_EQ(std::exchange(sink_.body, ""), ":\n\n") << "a heartbeat";
  EXPECT_FALSE(done_);
  streams_.end();
  EXPECT_TRUE(done_);
  EXPECT_TRUE(sent_);
  EXPECT_TRUE(sink_.ended);
  ask("GET /.well-known/tusk/reload HTTP/1.1");
  EXPECT_EQ(sink_.head.status, 503) << "the loop drains";
}

TEST_F(DevelopmentTest, AStreamEndsWhenItsClientLeaves) {
  ask("GET /.well-known/tusk/reload HTTP/1.1");
  EXPECT_FALSE(done_);
  sink_.client_leaves();
  EXPECT_TRUE(done_);
  streams_.announce(Reload::kPage);  // to nobody
}

TEST(ReloadStreams, AreLimitedAndTellOfThePageIfBothHaveChanged) {
  ReloadStreams streams("");
  EXPECT_EQ(streams.text_of(1), "") << "several processes";
  net::Wakeup wakeup;
  ReloadStreams::Client first(streams, wakeup);
  std::vector<std::unique_ptr<ReloadStreams::Client>> more;
  for (std::size_t i = 1; i < ReloadStreams::kMost; ++i)
    more.push_back(std::make_unique<ReloadStreams::Client>(streams, wakeup));
  EXPECT_TRUE(more.back()->admitted());
  EXPECT_FALSE(ReloadStreams::Client(streams, wakeup).admitted());
  more.pop_back();
  EXPECT_TRUE(ReloadStreams::Client(streams, wakeup).admitted());
  streams.announce(Reload::kPage);
  streams.announce(Reload::kStyles);
  EXPECT_EQ(first.take_events(), "retry: 500\ndata: -\n\ndata: - page\n\n");
  EXPECT_EQ(first.take_events(), "");
}

}  // namespace
}  // namespace tusk::server::development
