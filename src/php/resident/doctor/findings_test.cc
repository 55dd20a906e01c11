#include "php/resident/doctor/findings.h"

#include <gtest/gtest.h>

#include "observe/log.h"

namespace tusk::php::resident::doctor {
namespace {

int lines(const std::string& text, std::string_view part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

TEST(Findings, ASubjectIsLoggedFirstAndAfterPowersOfTen) {
  testing::internal::CaptureStderr();
  Findings findings;
  for (std::uint64_t request = 1; request <= 99; ++request) {
    findings.begin_request({.pool = "app", .method = "GET", .path = "/a", .number = request});
    findings.add(FindingKind::kChanged, "A::$b", "int", "another int");
    findings.add(FindingKind::kChanged, "A::$b", "int", "another int");
  }
  EXPECT_EQ(findings.times("A::$b"), 99U);
  findings.end_script("app");
  EXPECT_EQ(findings.times("A::$b"), 0U);
  observe::flush(std::chrono::seconds(1));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(lines(log, "a request has changed a value"), 2) << log;
  EXPECT_EQ(lines(log, "times=99"), 1) << log;
}

TEST(Findings, ThereIsAMost) {
  testing::internal::CaptureStderr();
  Findings findings;
  findings.begin_request({.pool = "app", .method = "GET", .path = "/a", .number = 1});
  for (std::size_t i = 0; i < Findings::kMost + 10; ++i)
    findings.add(FindingKind::kDescriptor, "file " + std::to_string(i), "", "");
  observe::flush(std::chrono::seconds(1));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(lines(log, "too many findings"), 1);
  EXPECT_EQ(findings.times("file " + std::to_string(Findings::kMost + 5)), 0U);
}

}  // namespace
}  // namespace tusk::php::resident::doctor
