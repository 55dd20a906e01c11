#include "console/http_answer.h"

#include <gtest/gtest.h>

namespace tusk::console {
namespace {

using Progress = HttpAnswer::Progress;

// Byte by byte, so that every way to divide it is tried.
Progress take_slowly(HttpAnswer& answer, std::string_view text) {
  Progress progress = Progress::kMore;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (progress != Progress::kMore) return progress;
    progress = answer.take(text.substr(i, 1));
  }
  return progress;
}

TEST(HttpAnswer, TakesABodyWithItsLength) {
  const std::string_view text = "HTTP/1.1 200 OK\r\ncontent-LENGTH: 5\r\n\r\nhello";
  HttpAnswer slow;
  EXPECT_EQ(take_slowly(slow, text), Progress::kDone);
  HttpAnswer fast;
  EXPECT_EQ(fast.take(text), Progress::kDone);
  for (const HttpAnswer* const answer : {&slow, &fast}) {
    EXPECT_EQ(answer->status(), 200);
    EXPECT_EQ(answer->body(), "hello");
    EXPECT_FALSE(answer->closes());
  }
}

TEST(HttpAnswer, HasTheFieldsOfTheAnswerAndNotOfInterimOnes) {
  HttpAnswer answer;
  const std::string_view text =
      "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
      "HTTP/1.1 200 OK\r\nX-One:  a b \r\nSet-Cookie: c=1\r\nset-cookie: d=2\r\n"
      "Content-Length: 0\r\n\r\n";
  EXPECT_EQ(take_slowly(answer, text), Progress::kDone);
  using Fields = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(answer.fields(), (Fields{{"x-one", "a b"},
                                     {"set-cookie", "c=1"},
                                     {"set-cookie", "d=2"},
                                     {"content-length", "0"}}));
}

TEST(HttpAnswer, TakesChunks) {
  const std::string_view text =
      "HTTP/1.1 503 Service Unavailable\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
      "5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\nTrailer: a\r\n\r\n";
  HttpAnswer slow;
  EXPECT_EQ(take_slowly(slow, text), Progress::kDone);
  HttpAnswer fast;
  EXPECT_EQ(fast.take(text), Progress::kDone);
  EXPECT_EQ(slow.body(), "hello, world");
  EXPECT_EQ(fast.body(), "hello, world");
  EXPECT_EQ(fast.status(), 503);
  EXPECT_TRUE(fast.closes());
}

TEST(HttpAnswer, TakesABodyUpToTheEnd) {
  HttpAnswer answer;
  EXPECT_EQ(answer.take("HTTP/1.0 200 OK\r\n\r\nhel"), Progress::kMore);
  EXPECT_EQ(answer.take("lo"), Progress::kMore);
  EXPECT_EQ(answer.end(), Progress::kDone);
  EXPECT_EQ(answer.body(), "hello");
  EXPECT_TRUE(answer.closes());
}

TEST(HttpAnswer, RefusesWhatIsNoAnswerOrTooLong) {
  for (const std::string& wrong :
       {std::string("exit 1\r\n\r\n"), std::string("HTTP/1.1 abc\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc"),
        std::string("HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"), std::string(20000, 'x')}) {
    HttpAnswer answer;
    Progress progress = answer.take(wrong);
    if (progress == Progress::kMore) progress = answer.end();
    EXPECT_EQ(progress, Progress::kWrong) << wrong.substr(0, 60);
  }
  HttpAnswer half;
  EXPECT_EQ(half.take("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"), Progress::kMore);
  EXPECT_EQ(half.end(), Progress::kWrong);
}

TEST(HttpAnswer, SkipsInterimAnswers) {
  HttpAnswer answer;
  EXPECT_EQ(answer.take("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n"),
            Progress::kMore);
  EXPECT_EQ(answer.take("Content-Length: 2\r\n\r\nok"), Progress::kDone);
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.body(), "ok");
}

TEST(HttpAnswer, SomeHaveNoBody) {
  HttpAnswer to_head(HttpAnswer::To::kHead);
  EXPECT_EQ(to_head.take("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), Progress::kDone);
  HttpAnswer unchanged;
  EXPECT_EQ(unchanged.take("HTTP/1.1 304 Not Modified\r\n\r\n"), Progress::kDone);
}

}  // namespace
}  // namespace tusk::console
