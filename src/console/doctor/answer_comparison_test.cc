#include "console/doctor/answer_comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tusk::console::doctor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

HttpAnswer answer_of(const std::string& body, int status = 200) {
  HttpAnswer answer;
  EXPECT_EQ(answer.take("HTTP/1.1 " + std::to_string(status) +
                        " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body),
            HttpAnswer::Progress::kDone);
  return answer;
}

TEST(AnswerComparison, EqualButForNumbers) {
  AnswerComparison comparison;
  comparison.add_plain(answer_of("visit 1\nhello\nhello"));
  EXPECT_FALSE(comparison.compare(answer_of("visit 17\nhello\nhello")));
}

TEST(AnswerComparison, LinesOfOneSide) {
  AnswerComparison comparison;
  comparison.add_plain(answer_of("head\nhello guest\nfoot"));
  comparison.add_plain(answer_of("head\nhello guest\nfoot"));
  const auto difference = comparison.compare(answer_of("head\nhello ada\nfoot"));
  ASSERT_TRUE(difference);
  EXPECT_THAT(difference->plain, ElementsAre("hello guest"));
  EXPECT_THAT(difference->rewound, ElementsAre("hello ada"));
}

TEST(AnswerComparison, ALineThatIsThereOnceMore) {
  AnswerComparison comparison;
  comparison.add_plain(answer_of("row\nrow"));
  const auto difference = comparison.compare(answer_of("row\nrow\nrow"));
  ASSERT_TRUE(difference);
  EXPECT_THAT(difference->plain, IsEmpty());
  EXPECT_THAT(difference->rewound, ElementsAre("row"));
}

TEST(AnswerComparison, TheStatus) {
  AnswerComparison comparison;
  comparison.add_plain(answer_of("", 200));
  const auto difference = comparison.compare(answer_of("", 500));
  ASSERT_TRUE(difference);
  EXPECT_THAT(difference->rewound, ElementsAre("status 500"));
}

TEST(AnswerComparison, WhatVariesInPlainAnswersMayVary) {
  AnswerComparison comparison;
  comparison.add_plain(answer_of("head\nquote: early bird"));
  comparison.add_plain(answer_of("head\nquote: late bird"));
  EXPECT_FALSE(comparison.compare(answer_of("head\nquote: third bird")));
  EXPECT_TRUE(comparison.compare(answer_of("head\nquote: third bird\nwarning")));
  EXPECT_TRUE(comparison.compare(answer_of("quote: late bird")));
}

}  // namespace
}  // namespace tusk::console::doctor
