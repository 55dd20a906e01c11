#include "admin/events_page.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tusk::admin {
namespace {

observe::EventView hostile() {
  observe::EventView event;
  event.number = 9;
  event.kind = observe::EventKind::kFatalError;
  event.times = 2;
  event.method = "GET";
  event.host = "a.test";
  event.path = "/</td><script>alert(1)</script>";
  event.message = "\xff<img src=x onerror=alert(1)>";
  return event;
}

TEST(EventsPage, JsonHasAllFieldsAndTakesAnyByte) {
  const auto json = nlohmann::json::parse(events_json({hostile()}));
  const auto& event = json["events"][0];
  EXPECT_EQ(event["number"], 9);
  EXPECT_EQ(event["kind"], "fatal_error");
  EXPECT_EQ(event["times"], 2);
  EXPECT_EQ(event["path"], "/</td><script>alert(1)</script>");
  EXPECT_TRUE(nlohmann::json::parse(events_json({}))["events"].empty());
}

TEST(EventsPage, NothingOfAnEventBecomesMarkup) {
  const std::string html = events_html({hostile()});
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find("<img"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;"), std::string::npos);
  EXPECT_NE(html.find("fatal error × 2"), std::string::npos);
  EXPECT_NE(events_html({}).find("Nothing to report"), std::string::npos);
}

TEST(EventsPage, ASlowRequestIsOneRow) {
  observe::EventView running;
  running.kind = observe::EventKind::kSlowRequest;
  running.request_id = "abc";
  running.path = "/slow";
  running.message = "while it runs";
  observe::EventView ended = running;
  ended.number = 2;
  ended.message = "at its end";
  const std::string html = events_html({running, ended});
  EXPECT_EQ(html.find("while it runs"), std::string::npos);
  EXPECT_NE(html.find("at its end"), std::string::npos);
  ended.request_id = "another";
  EXPECT_NE(events_html({running, ended}).find("while it runs"), std::string::npos);
}

}  // namespace
}  // namespace tusk::admin
