#include "observe/access/access_log.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/test_directory.h"
#include "observe/access/access_line.h"
#include "observe/captured_output.h"
#include "observe/log.h"

namespace tusk::observe::inline access {
namespace {

using std::chrono::microseconds;
using std::chrono::system_clock;

constexpr system_clock::time_point kWhen{std::chrono::milliseconds(1'700'000'000'123)};

class TestHeader final : public AccessRecord::Header {
 public:
  std::string_view find(std::string_view name) const override {
    if (name == "referer") return referer;
    if (name == "user-agent") return user_agent;
    return name == "x-tenant" ? "t1" : "";
  }
  std::string referer = "https://example.org/";
  std::string user_agent = "Mozilla/5.0 (X11)";
};

const TestHeader kHeader;

AccessRecord full_record() {
  return {.remote_address = "10.1.2.3",
          .method = "GET",
          .target = "/shop?q=a%20b",
          .protocol = "HTTP/1.1",
          .host = "example.org:8080",
          .script = "/srv/a.php",
          .request_id = "abc123",
          .header = &kHeader,
          .request_number = 9,
          .status = 200,
          .body_bytes_sent = 512,
          .duration = microseconds(1234),
          .queue_wait = microseconds(20),
          .php_time = microseconds(1100),
          .cpu_time = microseconds(900),
          .memory_peak_bytes = 2097152,
          .worker = 3};
}

std::string line(const AccessRecord& record, std::string_view format) {
  std::string out;
  append_access_line(out, record, base::access::parse_access_format(format).value(), "tusk", kWhen);
  return out;
}

long lines_of(const std::string& path) {
  std::ifstream file(path);
  return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
}

TEST(AccessLog, WritesTheCombinedFormatAndMore) {
  EXPECT_EQ(line(full_record(), "text"),
            "10.1.2.3 - - [14/Nov/2023:22:13:20 +0000] \"GET /shop?q=a%20b HTTP/1.1\" 200 512 "
            "\"https://example.org/\" \"Mozilla/5.0 (X11)\" host=example.org:8080 id=abc123 "
            "time=0.001234 queue=0.000020 worker=3 request=9 tls=- cipher=-\n");
}

TEST(AccessLog, WritesDashesForWhatIsNotThere) {
  EXPECT_EQ(line({.status = 400}, "text"),
            "- - - [14/Nov/2023:22:13:20 +0000] \"-\" 400 0 \"-\" \"-\" host=- id=- time=0.000000 "
            "queue=- worker=- request=- tls=- cipher=-\n");
}

TEST(AccessLog, WritesJson) {
  const auto json = nlohmann::json::parse(line(full_record(), "json"));
  EXPECT_EQ(json, nlohmann::json::parse(R"json({
    "timestamp": "2023-11-14T22:13:20.123Z", "type": "access", "service": "tusk",
    "remote_address": "10.1.2.3", "method": "GET", "target": "/shop?q=a%20b",
    "protocol": "HTTP/1.1", "host": "example.org:8080", "status": 200, "body_bytes_sent": 512,
    "duration_seconds": 0.001234, "queue_seconds": 0.00002, "worker": 3,
    "referer": "https://example.org/", "user_agent": "Mozilla/5.0 (X11)",
    "request_id": "abc123", "request": 9})json"));
  const auto little = nlohmann::json::parse(line({.status = 400}, "json"));
  EXPECT_EQ(little["status"], 400);
  EXPECT_FALSE(little.contains("worker"));
  EXPECT_FALSE(little.contains("method"));
}

TEST(AccessLog, CannotBeForged) {
  AccessRecord record = full_record();
  record.target = "/\" 200 1 \"\n10.0.0.1 - -";
  TestHeader header;
  header.user_agent = "evil\"\r\n\\\x1b\xff";
  record.header = &header;
  const std::string text = line(record, "text");
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  EXPECT_NE(text.find(R"("GET /\x22 200 1 \x22\x0a10.0.0.1 - - HTTP/1.1")"), std::string::npos);
  EXPECT_NE(text.find(R"("evil\x22\x0d\x0a\x5c\x1b\xff")"), std::string::npos);
  const std::string json = line(record, "json");
  EXPECT_EQ(json.find('\n'), json.size() - 1);
  EXPECT_EQ(nlohmann::json::parse(json)["target"], record.target);
}

TEST(AccessLog, HasAFormatOfOnesOwn) {
  EXPECT_EQ(line(full_record(), "$uri?$args $http_x_tenant $http_nothing $msec $status"),
            "/shop?q=a%20b t1 - 1700000000.123 200\n");
  EXPECT_EQ(line(full_record(), "$php_time $cpu_time $memory_peak $request_filename"),
            "0.001100 0.000900 2097152 /srv/a.php\n");
  EXPECT_EQ(line(full_record(), "common"),
            "10.1.2.3 - - [14/Nov/2023:22:13:20 +0000] \"GET /shop?q=a%20b HTTP/1.1\" 200 512\n");
  EXPECT_EQ(line(full_record(), "json status php_time trace_id http_x_tenant request"),
            "{\"type\":\"access\",\"status\":200,\"php_seconds\":0.001100,"
            "\"http_x_tenant\":\"t1\",\"request_line\":\"GET /shop?q=a%20b HTTP/1.1\"}\n");
}

TEST(AccessLog, CaddysHasOneObjectForTheRequest) {
  const auto json = nlohmann::json::parse(line(full_record(), "caddy"));
  EXPECT_EQ(json["msg"], "handled request");
  EXPECT_EQ(json["level"], "info");
  EXPECT_EQ(json["request"]["method"], full_record().method);
  EXPECT_EQ(json["request"]["uri"], full_record().target);
  EXPECT_TRUE(json["duration"].is_number_float());
  EXPECT_TRUE(json["ts"].is_number_float());
  EXPECT_EQ(json["status"], full_record().status);
  AccessRecord failed = full_record();
  failed.status = 503;
  EXPECT_EQ(nlohmann::json::parse(line(failed, "caddy"))["level"], "error");
}

TEST(AccessLog, IsWrittenWhereItIsTold) {
  const CapturedOutput errors(STDERR_FILENO);
  const base::TestDirectory directory;
  const std::string path = directory.path() + "/access.log";
  init({});
  init_access_log({});
  EXPECT_FALSE(access_log_enabled());
  log_access(full_record());

  ASSERT_TRUE(open_files("", path));
  init_access_log({.enabled = true, .format = base::access::parse_access_format("text").value()});
  EXPECT_TRUE(access_log_enabled());
  for (int i = 0; i < 3; ++i) log_access(full_record());
  EXPECT_TRUE(flush(std::chrono::seconds(20)));
  EXPECT_EQ(lines_of(path), 3);
  EXPECT_EQ(errors.text(), "");

  ASSERT_TRUE(open_files("", ""));
  init_access_log({.enabled = true, .format = base::access::parse_access_format("json").value()});
  info("one");
  log_access(full_record());
  info("two");
  EXPECT_TRUE(flush(std::chrono::seconds(20)));
  const auto lines = errors.lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_TRUE(lines[0].ends_with("one"));
  EXPECT_TRUE(nlohmann::json::accept(lines[1]));
  EXPECT_TRUE(lines[2].ends_with("two"));
  EXPECT_EQ(lines_of(path), 3);
  init_access_log({});
}

}  // namespace
}  // namespace tusk::observe::inline access
