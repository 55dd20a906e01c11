#include "console/doctor/rewind_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tusk::console::doctor {
namespace {

using testing::HasSubstr;
using testing::Not;

RewindReport report_of(const std::vector<std::string>& requests) {
  RewindReport report;
  for (const std::string& request : requests) {
    report.requests.push_back({.request = *read_request(request),
                               .plain_statuses = {{200, 5}},
                               .rewound_statuses = {{200, 20}}});
  }
  report.memory_before = report.memory_after = 20'000'000;
  report.descriptors_before = report.descriptors_after = 12;
  return report;
}

TEST(RewindReport, EqualAnswersAreClean) {
  const RewindReport report = report_of({"/", "/b"});
  EXPECT_TRUE(report.is_clean());
  const std::string text = to_text(report);
  EXPECT_THAT(text, HasSubstr("GET /   status 200, 20 answers are equal\n"));
  EXPECT_THAT(text,
              HasSubstr("20.0 MB of memory of their own, then 20.0 MB; 12 descriptors, then 12"));
  EXPECT_THAT(text, HasSubstr("No difference was found."));
}

TEST(RewindReport, ADifferenceIsShown) {
  RewindReport report = report_of({"/"});
  ComparedRequest& request = report.requests.front();
  request.differing = 3;
  request.first = Difference{.plain = {"hello\x1b guest"}, .rewound = {"hello ada"}};
  EXPECT_FALSE(report.is_clean());
  const std::string text = to_text(report);
  EXPECT_THAT(text, HasSubstr("3 of 20 answers differ"));
  EXPECT_THAT(text, HasSubstr("  + hello ada\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  const auto json = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(json["requests"][0]["differing"], 3);
  EXPECT_EQ(json["requests"][0]["difference"]["rewound"][0], "hello ada");
}

TEST(RewindReport, WhatIsNotClean) {
  RewindReport report = report_of({"/"});
  report.memory_after += 2U << 20U;
  EXPECT_FALSE(report.is_clean());
  EXPECT_THAT(to_text(report), HasSubstr("the memory of the workers grows"));
  report = report_of({"/"});
  report.descriptors_after = 13;
  EXPECT_FALSE(report.is_clean());
  report = report_of({"/"});
  report.requests.front().rewound_unanswered = 1;
  EXPECT_FALSE(report.is_clean());
  EXPECT_THAT(to_text(report), HasSubstr("no answer (1 times)"));
  report = report_of({"/"});
  report.requests.front().rewound_statuses.clear();
  EXPECT_FALSE(report.is_clean());
}

TEST(RewindReport, APlainRequestThatFindsNothingIsExplained) {
  RewindReport report = report_of({"/page"});
  report.requests.front().plain_statuses = {{404, 5}};
  report.requests.front().differing = 20;
  EXPECT_THAT(to_text(report), HasSubstr("status 404 plain, 200 rewound"));
  EXPECT_THAT(to_text(report), HasSubstr("--fallback /index.php"));
}

}  // namespace
}  // namespace tusk::console::doctor
