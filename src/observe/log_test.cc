#include "observe/log.h"

#include <atomic>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "observe/captured_output.h"
#include "observe/emergency_line.h"

namespace tusk::observe {
namespace {

using namespace std::string_literals;

class LogTest : public testing::Test {
 protected:
  static void start(LogFormat format, Level level = Level::kTrace) {
    init({.format = format, .level = level, .service_name = "shop \"1\" 100%"});
  }
  std::vector<std::string> lines() {
    EXPECT_TRUE(flush(std::chrono::seconds(20)));
    return captured_.lines();
  }

  CapturedOutput captured_{STDERR_FILENO};
};

TEST_F(LogTest, WritesTextForPeople) {
  start(LogFormat::kText);
  log(Level::kWarn, "queue is full", {{"depth", 12}, {"client", "10.0.0.1"}, {"name", "a \"b\""}});
  info("ready");
  const auto got = lines();
  ASSERT_EQ(got.size(), 2U);
  const std::regex stamp(R"(^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (.*)$)");
  std::smatch match;
  ASSERT_TRUE(std::regex_match(got[0], match, stamp)) << got[0];
  EXPECT_EQ(match[1], R"(warn  queue is full depth=12 client=10.0.0.1 name="a \"b\"")");
  ASSERT_TRUE(std::regex_match(got[1], match, stamp)) << got[1];
  EXPECT_EQ(match[1], "info  ready");
}

// A handler's line is the same as one of log(), and follows the lines logged before.
TEST_F(LogTest, AnEmergencyLineLooksLikeTheOthers) {
  const std::string evil = "a b\n\"\xc3\xa9\xff\\";
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    start(format);
    error("it \"broke\"", {{"text", evil}, {"plain", "x"}, {"empty", ""}, {"number", 42}});
    EmergencyLine("it \"broke\"")
        .text("text", evil)
        .text("plain", "x")
        .text("empty", "")
        .number("number", 42)
        .write();
  }
  const auto got = lines();
  ASSERT_EQ(got.size(), 4U);
  const std::regex stamp(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)");
  for (const std::size_t i : {0U, 2U}) {
    EXPECT_EQ(std::regex_replace(got[i], stamp, "T"), std::regex_replace(got[i + 1], stamp, "T"));
    EXPECT_EQ(std::regex_replace(got[i], stamp, "").size() + 24, got[i].size());
    EXPECT_EQ(got[i].size(), got[i + 1].size());
  }
  EmergencyLine("long").text("value", std::string(100'000, '"')).address("at", 0xabc).write();
  EXPECT_EQ(nlohmann::json::parse(lines().back())["at"], "0xabc");
  EmergencyLine endless("endless");
  for (int i = 0; i < 10; ++i) endless.text("value", std::string(100'000, '\x01'));
  endless.write();
  EXPECT_EQ(nlohmann::json::parse(lines().back())["message"], "endless");
}

TEST_F(LogTest, WritesJson) {
  start(LogFormat::kJson);
  log(Level::kError, "it broke\n\"badly\" \xff %v %*",
      {{"text", "a\tb"},
       {"empty", ""},
       {"string", "owned"s},
       {"negative", -5},
       {"large", 18'446'744'073'709'551'615ULL},
       {"size", std::size_t{7}},
       {"ratio", 0.5},
       {"infinite", 1e308 * 10},
       {"flag", true}});
  const auto got = lines();
  ASSERT_EQ(got.size(), 1U);
  const auto json = nlohmann::json::parse(got[0]);
  EXPECT_TRUE(std::regex_match(json["timestamp"].get<std::string>(),
                               std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)")));
  EXPECT_EQ(json["level"], "error");
  EXPECT_EQ(json["service"], "shop \"1\" 100%");
  EXPECT_EQ(json["message"], "it broke\n\"badly\" \uFFFD %v %*");
  EXPECT_EQ(json["text"], "a\tb");
  EXPECT_EQ(json["empty"], "");
  EXPECT_EQ(json["string"], "owned");
  EXPECT_EQ(json["negative"], -5);
  EXPECT_EQ(json["large"], 18'446'744'073'709'551'615ULL);
  EXPECT_EQ(json["size"], 7);
  EXPECT_EQ(json["ratio"], 0.5);
  EXPECT_TRUE(json["infinite"].is_null());
  EXPECT_EQ(json["flag"], true);
}

TEST_F(LogTest, CannotBeForged) {
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    start(format);
    log(Level::kInfo, "a\n2026-01-01T00:00:00.000Z error forged\r\x1b[2J",
        {{"key", "v\n\"}\n{\"level\":\"error\""}});
  }
  const auto got = lines();
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(captured_.text().find('\x1b'), std::string::npos);
  EXPECT_EQ(captured_.text().find('\r'), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(got[1])["level"], "info");
}

TEST_F(LogTest, FiltersByLevel) {
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    start(format, Level::kWarn);
    EXPECT_FALSE(enabled(Level::kInfo));
    EXPECT_TRUE(enabled(Level::kWarn));
    info("no");
    debug("no");
    warn("yes");
    error("yes");
  }
  set_level(Level::kOff);
  EXPECT_FALSE(enabled(Level::kError));
  EXPECT_FALSE(enabled(Level::kOff));
  error("no");
  logf(Level::kOff, "no");
  set_level(Level::kTrace);
  log(Level::kTrace, "yes");
  EXPECT_EQ(lines().size(), 5U);
}

TEST_F(LogTest, FormatsOnlyWhenAsked) {
  start(LogFormat::kText, Level::kInfo);
  logf(Level::kInfo, "{} workers of {}", 4, "stub"s);
  logf(Level::kDebug, "{}", 1);
  const auto got = lines();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_TRUE(got[0].ends_with("info  4 workers of stub")) << got[0];
}

TEST_F(LogTest, TakesLinesFromManyThreadsDuringAReload) {
  start(LogFormat::kJson);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([t] {
        for (int i = 0; i < 2000; ++i) log(Level::kInfo, "hello", {{"thread", t}, {"i", i}});
      });
    }
    for (int i = 0; i < 20; ++i) start(LogFormat::kJson);
  }
  const auto got = lines();
  EXPECT_EQ(got.size(), 4U * 2000);
  for (const std::string& line : got) ASSERT_TRUE(nlohmann::json::accept(line)) << line;
}

// A PHP script may fork while other threads are logging.
TEST_F(LogTest, WorksInAForkedChild) {
  start(LogFormat::kText);
  std::atomic<bool> stop{false};
  std::jthread noise([&] {
    for (int i = 0; i < 2000 && !stop; ++i) info("noise");
  });
  for (int i = 0; i < 20; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      warn("from the child", {{"i", i}});
      ::_exit(flush() ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  stop = true;
  noise.join();
  int from_children = 0;
  for (const std::string& line : lines()) {
    if (line.find("from the child") != std::string::npos) ++from_children;
  }
  EXPECT_EQ(from_children, 20);
}

}  // namespace
}  // namespace tusk::observe
