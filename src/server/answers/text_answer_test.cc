#include "server/answers/text_answer.h"

#include <string>

#include <gtest/gtest.h>

#include "http/coding/test_decoder.h"
#include "server/test/transaction.h"

namespace tusk::server::answers {
namespace {

class TextAnswerTest : public test::TransactionTest {
 protected:
  void route_to(const std::string& text) {
    router_.decide = [text](site::Route& route, const site::RoutedRequest&) {
      route.response.head.add("Content-Type", "text/html; charset=utf-8");
      route.body = text;
    };
  }
};

TEST_F(TextAnswerTest, AShortTextIsSentAsItIs) {
  route_to("short");
  ask("GET / HTTP/1.1", "Accept-Encoding: gzip\r\n");
  EXPECT_TRUE(done_);
  EXPECT_EQ(sink_.body, "short");
  EXPECT_FALSE(sink_.head.contains("Content-Encoding"));
}

TEST_F(TextAnswerTest, ALongTextIsCompressedFirst) {
  const std::string text(5000, 'x');
  route_to(text);
  ask("GET / HTTP/1.1", "Accept-Encoding: gzip\r\n");
  EXPECT_FALSE(done_);
  run_until_done();
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.find("Content-Encoding"), "gzip");
  EXPECT_EQ(http::coding::decoded(http::ContentCoding::kGzip, sink_.body), text);
}

TEST_F(TextAnswerTest, TheInternalServerSendsItsPagesAsTheyAre) {
  const std::string text(5000, 'x');
  route_to(text);
  listener_.stages = internal_stages();
  ask("GET / HTTP/1.1", "Accept-Encoding: gzip\r\n");
  EXPECT_TRUE(done_);
  EXPECT_EQ(sink_.body, text);
  route_to("");
  ask();
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.body, "");
}

}  // namespace
}  // namespace tusk::server::answers
