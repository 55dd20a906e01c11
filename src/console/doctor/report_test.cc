#include "console/doctor/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tusk::console::doctor {
namespace {

using testing::HasSubstr;
using testing::Not;

Report report_of(const std::vector<std::string>& requests) {
  Report report;
  report.pool = "app";
  report.warm_up_rounds = 1;
  report.rounds = 2;
  for (const std::string& request : requests)
    report.requests.push_back({.request = *read_request(request), .statuses = {{200, 3}}});
  return report;
}

ExaminedRequest examined(const std::string& path, std::uint64_t number, std::uint64_t memory) {
  return {.method = "GET", .path = path, .memory = memory, .number = number};
}

TEST(Report, MemoryBelongsToTheRequestAfterWhichItWasMore) {
  Report report = report_of({"/a?x", "/static", "/b"});
  const std::vector<ExaminedRequest> all = {examined("/a", 1, 100), examined("/b", 2, 200),
                                            examined("/a", 3, 300), examined("/b", 4, 300),
                                            examined("/a", 5, 350), examined("/b", 6, 350)};
  add_examined(report, all, 9);
  EXPECT_EQ(report.requests[0].examined, 3U);
  EXPECT_EQ(report.requests[1].examined, 0U);
  EXPECT_EQ(report.requests[2].examined, 3U);
  // The first three requests warm up.
  EXPECT_EQ(report.requests[0].memory_growth, 50);
  EXPECT_EQ(report.requests[2].memory_growth, 0);
  EXPECT_EQ(report.lives, 1U);
  EXPECT_FALSE(report.is_clean());
  EXPECT_THAT(to_text(report), HasSubstr("GET /static was not answered by this script"));
}

TEST(Report, IsCleanWithoutFindings) {
  Report report = report_of({"/a"});
  add_examined(report, std::vector{examined("/a", 1, 9), examined("/a", 2, 9)}, 2);
  EXPECT_TRUE(report.is_clean());
  EXPECT_THAT(to_text(report), HasSubstr("Nothing was found."));
  EXPECT_THAT(to_json(report), HasSubstr("\"clean\": true"));
  report.requests.front().statuses[503] = 1;
  EXPECT_FALSE(report.is_clean());
  const std::string text = to_text(report);
  EXPECT_THAT(text, HasSubstr("GET /a has failed"));
  EXPECT_THAT(text, HasSubstr("1 request failed"));
  EXPECT_THAT(text, Not(HasSubstr("Nothing was found")));
}

TEST(Report, FindingsAreListedByKindUnlessTheyAreIgnored) {
  Report report = report_of({"/a"});
  add_examined(report, std::vector{examined("/a", 1, 9), examined("/a", 2, 9)}, 2);
  const std::vector<std::string> ignored = {"App\\Cache::$*"};
  add_findings(report,
               {{.kind = FindingKind::kChanged, .what = "App\\Cache::$a", .times = 1},
                {.kind = FindingKind::kChanged,
                 .what = "App\\User::$b\x1b[2J",
                 .before = "null",
                 .after = "int",
                 .times = 1,
                 .paths = {"/a"}}},
               ignored);
  EXPECT_EQ(report.ignored, 1U);
  EXPECT_FALSE(report.is_clean());
  const std::string text = to_text(report);
  EXPECT_THAT(text, HasSubstr("A value that stays has changed:\n  App\\User::$b\\x1b[2J: null -> "
                              "int; after 1 of 1 requests: /a\n"));
  EXPECT_THAT(text, HasSubstr("1 finding left out"));
}

}  // namespace
}  // namespace tusk::console::doctor
