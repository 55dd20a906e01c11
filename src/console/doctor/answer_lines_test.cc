#include "console/doctor/answer_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tusk::console::doctor {
namespace {

using testing::ElementsAre;

HttpAnswer answer_of(std::string_view text) {
  HttpAnswer answer;
  EXPECT_EQ(answer.take(text), HttpAnswer::Progress::kDone) << text;
  return answer;
}

TEST(AnswerLines, NumbersAndTokensAreMasked) {
  EXPECT_EQ(masked("Visit 12 of 3."), "Visit 0 of 0.");
  EXPECT_EQ(masked("id=5f2a90bc1d"), "id=*");
  EXPECT_EQ(masked("value=\"eyJpdiI6InZVZjMxY2pYcUdGTGtmT3piUmdMMVE9PSIs/a+b==\""), "value=\"*\"");
  EXPECT_EQ(masked("/assets/style-and-more/of-the-page.css?v=3"),
            "/assets/style-and-more/of-the-page.css?v=0");
  EXPECT_EQ(masked("A sentence without any of these"), "A sentence without any of these");
  EXPECT_EQ(masked("feedface"), "feedface");  // a word
  EXPECT_EQ(masked("MethodNotAllowedHttpException"), "MethodNotAllowedHttpException");
  EXPECT_EQ(masked("\"9.a_sEyKJI2E0sn3Q3UeAq9z86j1ZxXKp.G65LjPoRgn5m-BNSA4Fdp11W_hc3\""),
            "\"*.*.*\"");
  EXPECT_EQ(masked("e.g. v9.MethodNotAllowedHttpException"),
            "e.g. v0.MethodNotAllowedHttpException");
  EXPECT_EQ(masked("value: kqpXvZbNmRtYwLsDfGhJkQpXvZbNmRtYwLsDfGh"), "value: *");
}

TEST(AnswerLines, TheHeaderIsSortedAndWithoutWhatTellsTheTime) {
  EXPECT_THAT(comparable_lines(answer_of("HTTP/1.1 404 Not Found\r\nX-B: 2\r\nDate: today\r\n"
                                         "Content-Length: 8\r\nX-A: one\r\nETag: \"abc\"\r\n\r\n"
                                         "one\ntwo\n")),
              ElementsAre("status 404", "etag: *", "x-a: one", "x-b: 0", "one", "two"));
}

TEST(AnswerLines, ACookieIsComparedByItsAttributes) {
  EXPECT_THAT(
      comparable_lines(answer_of(
          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
          "Set-Cookie: id=secret; expires=Mon, 1 Jan; Max-Age=7200; path=/; HttpOnly\r\n\r\n")),
      ElementsAre("status 200", "set-cookie: id=*; expires=*; Max-Age=*; path=/; HttpOnly"));
}

TEST(AnswerLines, LongLinesAreBroken) {
  std::string body;
  for (int i = 0; i < 20; ++i) body += "<p>some text of a page</p>";
  const auto lines = comparable_lines(answer_of(
      "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body));
  EXPECT_GT(lines.size(), 5U);
  std::string all;
  for (std::size_t i = 1; i < lines.size(); ++i) all += lines[i];
  EXPECT_EQ(all, body);
}

TEST(AnswerLines, ABinaryBodyIsNotShown) {
  const auto one = comparable_lines(
      answer_of(std::string("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na\0b", 41)));
  const auto other = comparable_lines(
      answer_of(std::string("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na\0c", 41)));
  EXPECT_THAT(one.back(), testing::HasSubstr("a binary body of 3 bytes"));
  EXPECT_NE(one.back(), other.back());
}

}  // namespace
}  // namespace tusk::console::doctor
