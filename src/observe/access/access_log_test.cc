#include "observe/access/access_log.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "observe/captured_output.h"

namespace tusk::observe {
namespace {

using std::chrono::microseconds;
using std::chrono::system_clock;

constexpr system_clock::time_point kWhen{std::chrono::milliseconds(1'700'000'000'123)};

AccessRecord full_record() {
  return {.remote_address = "10.1.2.3",
          .method = "GET",
          .target = "/shop?q=a%20b",
          .protocol = "HTTP/1.1",
          .host = "example.org:8080",
          .referer = "https://example.org/",
          .user_agent = "Mozilla/5.0 (X11)",
          .request_id = "abc123",
          .status = 200,
          .body_bytes_sent = 512,
          .duration = microseconds(1234),
          .queue_wait = microseconds(20),
          .worker = 3};
}

std::string line(const AccessRecord& record, LogFormat format) {
  std::string out;
  append_access_line(out, record, format, "tusk", kWhen);
  return out;
}

TEST(AccessLog, WritesTheCombinedFormatAndMore) {
  EXPECT_EQ(line(full_record(), LogFormat::kText),
            "10.1.2.3 - - [14/Nov/2023:22:13:20 +0000] \"GET /shop?q=a%20b HTTP/1.1\" 200 512 "
            "\"https://example.org/\" \"Mozilla/5.0 (X11)\" host=example.org:8080 id=abc123 "
            "time=0.001234 queue=0.000020 worker=3\n");
}

TEST(AccessLog, WritesDashesForWhatIsNotThere) {
  EXPECT_EQ(line({.status = 400}, LogFormat::kText),
            "- - - [14/Nov/2023:22:13:20 +0000] \"-\" 400 0 \"-\" \"-\" host=- id=- time=0.000000 "
            "queue=- worker=-\n");
}

TEST(AccessLog, WritesJson) {
  const auto json = nlohmann::json::parse(line(full_record(), LogFormat::kJson));
  EXPECT_EQ(json, nlohmann::json::parse(R"json({
    "timestamp": "2023-11-14T22:13:20.123Z", "type": "access", "service": "tusk",
    "remote_address": "10.1.2.3", "method": "GET", "target": "/shop?q=a%20b",
    "protocol": "HTTP/1.1", "host": "example.org:8080", "status": 200, "body_bytes_sent": 512,
    "duration_seconds": 0.001234, "queue_seconds": 0.00002, "worker": 3,
    "referer": "https://example.org/", "user_agent": "Mozilla/5.0 (X11)",
    "request_id": "abc123"})json"));
  const auto little = nlohmann::json::parse(line({.status = 400}, LogFormat::kJson));
  EXPECT_EQ(little["status"], 400);
  EXPECT_FALSE(little.contains("worker"));
  EXPECT_FALSE(little.contains("method"));
}

TEST(AccessLog, CannotBeForged) {
  AccessRecord record = full_record();
  record.target = "/\" 200 1 \"\n10.0.0.1 - -";
  record.user_agent = "evil\"\r\n\\\x1b\xff";
  const std::string text = line(record, LogFormat::kText);
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  EXPECT_NE(text.find(R"("GET /\x22 200 1 \x22\x0a10.0.0.1 - - HTTP/1.1")"), std::string::npos);
  EXPECT_NE(text.find(R"("evil\x22\x0d\x0a\x5c\x1b\xff")"), std::string::npos);
  const std::string json = line(record, LogFormat::kJson);
  EXPECT_EQ(json.find('\n'), json.size() - 1);
  EXPECT_EQ(nlohmann::json::parse(json)["target"], record.target);
}

TEST(AccessLog, IsWrittenWhereItIsTold) {
  const CapturedOutput errors(STDERR_FILENO);
  const CapturedOutput elsewhere(STDIN_FILENO);
  init({});
  init_access_log({});
  EXPECT_FALSE(access_log_enabled());
  log_access(full_record());

  init_access_log({.enabled = true, .fd = STDIN_FILENO});
  EXPECT_TRUE(access_log_enabled());
  for (int i = 0; i < 3; ++i) log_access(full_record());
  EXPECT_TRUE(flush(std::chrono::seconds(20)));
  EXPECT_EQ(elsewhere.lines().size(), 3U);
  EXPECT_EQ(errors.text(), "");

  init_access_log({.enabled = true, .format = LogFormat::kJson, .fd = STDERR_FILENO});
  info("one");
  log_access(full_record());
  info("two");
  EXPECT_TRUE(flush(std::chrono::seconds(20)));
  const auto lines = errors.lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_TRUE(lines[0].ends_with("one"));
  EXPECT_TRUE(nlohmann::json::accept(lines[1]));
  EXPECT_TRUE(lines[2].ends_with("two"));
  EXPECT_EQ(elsewhere.lines().size(), 3U);
  init_access_log({});
}

}  // namespace
}  // namespace tusk::observe
