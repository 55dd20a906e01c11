#include "server/response_writer.h"

#include <gtest/gtest.h>

#include "server/test/fake_sink.h"

namespace tusk::server {
namespace {

class ResponseWriterTest : public ::testing::Test {
 protected:
  void begin(const http::Framing& framing, int status = 200) {
    http::ResponseHead head;
    head.status = status;
    writer_.begin(nullptr, head, framing);
  }
  base::Detached send(std::string_view bytes, Next next) {
    sent_ = co_await writer_.send(bytes, next);
  }
  base::Detached finish(std::string_view bytes) { sent_ = co_await writer_.finish(bytes); }

  net::Wakeup wakeup_;
  test::FakeSink sink_{wakeup_};
  ResponseWriter writer_{sink_};
  bool sent_ = false;
};

TEST_F(ResponseWriterTest, HoldsAResponseToItsLength) {
  begin(http::Framing::known(5));
  send("abc", Next::kNow);
  send("defgh", Next::kEnd);
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.body, "abcde");
  EXPECT_EQ(writer_.body_bytes(), 5U);
}

TEST_F(ResponseWriterTest, FinishingShortOfTheLengthBreaksTheResponseOff) {
  begin(http::Framing::known(5));
  finish("abc");
  EXPECT_FALSE(sent_);
  EXPECT_FALSE(sink_.ended);
  writer_.reset();
  begin(http::Framing::unknown());
  finish("abc");
  EXPECT_TRUE(sent_);
  EXPECT_TRUE(sink_.ended);
}

TEST_F(ResponseWriterTest, SendsNoBodyWhereNoneIsAllowed) {
  begin(http::Framing::known(5), 304);
  EXPECT_FALSE(writer_.body_allowed());
  send("abcde", Next::kEnd);
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.body, "");
  EXPECT_EQ(writer_.body_bytes(), 0U);
  EXPECT_EQ(writer_.status(), 304);
}

TEST_F(ResponseWriterTest, AppendsBytesToTheBodyAndToItsLength) {
  writer_.append("!!");
  begin(http::Framing::known(5));
  send("abcdefgh", Next::kEnd);
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.body, "abcde!!") << "the script has written more than it has announced";
  EXPECT_TRUE(sink_.ended);
  EXPECT_EQ(writer_.body_bytes(), 7U);
}

TEST_F(ResponseWriterTest, AppendsNothingToAResponseThatIsBrokenOff) {
  writer_.append("!!");
  begin(http::Framing::known(5));
  finish("abc");
  EXPECT_FALSE(sent_);
  EXPECT_EQ(sink_.body, "abc");
  writer_.reset();
  writer_.append("!!");
  begin(http::Framing::unknown());
  finish("abc");
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.body, "abc!!");
}

TEST_F(ResponseWriterTest, AppendsNothingWhereNoBodyIsAllowed) {
  writer_.append("!!");
  begin(http::Framing::known(5), 304);
  send("abcde", Next::kEnd);
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.body, "");
}

}  // namespace
}  // namespace tusk::server
