#include "observe/tracing/otlp_json.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tusk::observe::tracing {
namespace {

using std::chrono::milliseconds;

RequestTrace request() {
  RequestTrace trace;
  trace.trace_high = 0x0af7651916cd43dd;
  trace.trace_low = 0x8448eb211c80319c;
  trace.span = 0xb7ad6b7169203331;
  trace.parent = 1;
  trace.begin = SystemTime(milliseconds(1'700'000'000'000));
  trace.end = trace.begin + milliseconds(20);
  trace.method = "GET";
  trace.path = "/a\"\n";
  trace.status = 500;
  return trace;
}

nlohmann::json spans_of(const std::vector<RequestTrace>& traces) {
  const std::string text =
      to_otlp_json(traces, {.service_name = "shop", .version = "1", .host = "h"});
  return nlohmann::json::parse(text)["resourceSpans"][0]["scopeSpans"][0]["spans"];
}

TEST(OtlpJson, HasASpanForARequestWithoutAScript) {
  const auto spans = spans_of({request()});
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0]["traceId"], "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(spans[0]["spanId"], "b7ad6b7169203331");
  EXPECT_EQ(spans[0]["parentSpanId"], "0000000000000001");
  EXPECT_EQ(spans[0]["name"], "GET");
  EXPECT_EQ(spans[0]["kind"], 2);
  EXPECT_EQ(spans[0]["startTimeUnixNano"], "1700000000000000000");
  EXPECT_EQ(spans[0]["endTimeUnixNano"], "1700000000020000000");
  EXPECT_EQ(spans[0]["status"]["code"], 2);
  EXPECT_EQ(spans[0]["attributes"][1]["key"], "url.path");
  EXPECT_EQ(spans[0]["attributes"][1]["value"]["stringValue"], "/a\"\n");
}

TEST(OtlpJson, ThePortIsAnAttributeOfItsOwn) {
  const auto attribute = [](const std::string& host, const std::string& key) {
    RequestTrace trace = request();
    trace.host = host;
    const nlohmann::json spans = spans_of({trace});
    for (const auto& each : spans[0]["attributes"]) {
      if (each["key"] == key) return each["value"].dump();
    }
    return std::string();
  };
  EXPECT_EQ(attribute("shop.example", "server.address"), R"({"stringValue":"shop.example"})");
  EXPECT_EQ(attribute("shop.example", "server.port"), "");
  EXPECT_EQ(attribute("shop.example:8080", "server.address"), R"({"stringValue":"shop.example"})");
  EXPECT_EQ(attribute("shop.example:8080", "server.port"), R"({"intValue":"8080"})");
  EXPECT_EQ(attribute("[::1]:8080", "server.address"), R"({"stringValue":"[::1]"})");
  EXPECT_EQ(attribute("[::1]:8080", "server.port"), R"({"intValue":"8080"})");
  EXPECT_EQ(attribute("[::1]", "server.address"), R"({"stringValue":"[::1]"})");
  EXPECT_EQ(attribute("[::1]", "server.port"), "");
}

TEST(OtlpJson, HasChildrenForTheQueueAndPhp) {
  RequestTrace trace = request();
  trace.parent = 0;
  trace.script = "/srv/shop/a.php";
  trace.queue = {.id = 2, .begin = trace.begin, .end = trace.begin + milliseconds(1)};
  trace.php = {.id = 3, .begin = trace.begin + milliseconds(1), .end = trace.end};
  EXPECT_EQ(trace.span_count(), 3U);
  const auto spans = spans_of({trace, request()});
  ASSERT_EQ(spans.size(), 4U);
  EXPECT_FALSE(spans[0].contains("parentSpanId"));
  EXPECT_EQ(spans[0]["name"], "GET a.php");
  EXPECT_EQ(spans[1]["name"], "queue");
  EXPECT_EQ(spans[1]["parentSpanId"], "b7ad6b7169203331");
  EXPECT_EQ(spans[2]["name"], "php");
  EXPECT_EQ(spans[2]["attributes"][0]["value"]["stringValue"], "/srv/shop/a.php");
}

}  // namespace
}  // namespace tusk::observe::tracing
