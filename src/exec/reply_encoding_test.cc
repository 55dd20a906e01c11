#include "exec/reply_encoding.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "exec/reply.h"
#include "exec/response_channel.h"
#include "http/coding/test_decoder.h"

namespace tusk::exec {
namespace {

using http::ContentCoding;
using http::coding::decoded;
using http::coding::decoded_prefix;

http::coding::Policy policy() {
  http::coding::Policy policy;
  policy.scripts = {ContentCoding::kZstd, ContentCoding::kBrotli, ContentCoding::kGzip};
  policy.max_bytes = 100'000;
  policy.types = http::coding::MediaTypes({"text/*", "application/json"});
  return policy;
}

std::string page(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "<li>entry " + std::to_string(text.size()) + "</li>\n";
  text.resize(size);
  return text;
}

// The script's side and the loop's side of one exchange.
class ReplyEncodingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    channel_ = std::move(*ResponseChannel::create());
    exchange_.channel = channel_.get();
    begin("GET", "br");
  }

  void begin(std::string_view method, std::string_view accept_encoding) {
    exchange_.prepare();
    exchange_.job.clear();
    exchange_.job.head.method = exchange_.job.head.append(method);
    if (!accept_encoding.empty()) request("Accept-Encoding", accept_encoding);
    reply_ = std::make_unique<Reply>(exchange_, limits_);
    reply_->encode_with(encoding_);
    reply_->head().clear();
    reply_->head().add("Content-Type", "text/html; charset=UTF-8");
  }
  void request(std::string_view name, std::string_view value) {
    exchange_.job.head.add_field(name, value);
  }

  // The part of the body that the loop has so far.
  std::string body() {
    std::string bytes;
    auto shared = exchange_.stream.lock();
    for (const Piece& piece : shared->pieces) {
      EXPECT_FALSE(piece.in_file());
      bytes += piece.bytes;
    }
    return bytes + exchange_.tail;
  }
  std::string_view field(std::string_view name) { return exchange_.head.find(name); }

  // Sends a whole body and expects it to arrive in `coding`.
  void expect_sent(const std::string& text, ContentCoding coding) {
    ASSERT_TRUE(reply_->write(text));
    reply_->release();
    EXPECT_EQ(decoded(coding, body()), text);
    if (coding == ContentCoding::kIdentity) {
      EXPECT_EQ(field("Content-Encoding"), "");
    } else {
      EXPECT_EQ(field("Content-Encoding"), http::name_of(coding));
      EXPECT_EQ(field("Vary"), "Accept-Encoding");
    }
  }

  UnsentUsage usage_;
  ReplyLimits limits_{.buffer_bytes = 10'000,
                      .memory_bytes = 1 << 20,
                      .spool_bytes = 1 << 20,
                      .spool = {.usage = &usage_}};
  http::coding::Policy policy_ = policy();
  observe::MetricsShard metrics_;
  ReplyEncoding encoding_{policy_, metrics_};
  std::unique_ptr<ResponseChannel> channel_;
  Exchange exchange_;
  std::unique_ptr<Reply> reply_;
};

TEST_F(ReplyEncodingTest, EachCodingAndTheServersOrder) {
  expect_sent(page(5000), ContentCoding::kBrotli);
  begin("GET", "gzip");
  expect_sent(page(5000), ContentCoding::kGzip);
  begin("GET", "gzip, br, zstd");
  expect_sent(page(5000), ContentCoding::kZstd);
  begin("POST", "gzip, br;q=0.9, zstd;q=0.1");
  expect_sent(page(5000), ContentCoding::kGzip);
}

TEST_F(ReplyEncodingTest, WhoTakesNoneIsToldThatItVaries) {
  begin("GET", "");
  expect_sent(page(5000), ContentCoding::kIdentity);
  EXPECT_EQ(field("Vary"), "Accept-Encoding");
  begin("GET", "br;q=0, deflate");
  expect_sent(page(5000), ContentCoding::kIdentity);
  EXPECT_EQ(field("Vary"), "Accept-Encoding");
}

TEST_F(ReplyEncodingTest, SmallBodiesAreLeftAlone) {
  expect_sent(page(255), ContentCoding::kIdentity);
  EXPECT_EQ(field("Vary"), "");
  begin("GET", "br");
  expect_sent(page(256), ContentCoding::kBrotli);
}

TEST_F(ReplyEncodingTest, OtherTypesAreLeftAlone) {
  reply_->head().set("Content-Type", "image/png");
  expect_sent(page(5000), ContentCoding::kIdentity);
  EXPECT_EQ(field("Vary"), "");
  begin("GET", "br");
  reply_->head().remove("Content-Type");
  expect_sent(page(5000), ContentCoding::kIdentity);
}

TEST_F(ReplyEncodingTest, WhatTheScriptForbids) {
  reply_->head().add("Cache-Control", "private, no-transform");
  expect_sent(page(5000), ContentCoding::kIdentity);
  begin("GET", "br");
  reply_->head().add("Content-Encoding", "gzip");
  ASSERT_TRUE(reply_->write(page(5000)));
  reply_->release();
  EXPECT_EQ(body(), page(5000));
  EXPECT_EQ(field("Content-Encoding"), "gzip");
  EXPECT_EQ(field("Vary"), "");
}

TEST_F(ReplyEncodingTest, WhatDoesNotGetSmallerStaysAsItIs) {
  std::string noise(400, '\0');
  unsigned state = 1;
  for (char& c : noise) c = static_cast<char>((state = state * 1'103'515'245U + 12345U) >> 16);
  reply_->head().add("ETag", "\"a\"");
  expect_sent(noise, ContentCoding::kIdentity);
  EXPECT_EQ(field("ETag"), "\"a\"");
  EXPECT_EQ(field("Vary"), "Accept-Encoding");
}

TEST_F(ReplyEncodingTest, PastTheBufferItIsGatheredUpToTheLargestSize) {
  const std::string text = page(100'000);
  for (std::size_t at = 0; at < text.size(); at += 7000) {
    ASSERT_TRUE(reply_->write(std::string_view(text).substr(at, 7000)));
    EXPECT_FALSE(reply_->head_sent());
  }
  reply_->release();
  EXPECT_EQ(decoded(ContentCoding::kBrotli, body()), text);
  EXPECT_FALSE(exchange_.streamed);
}

TEST_F(ReplyEncodingTest, OneByteMoreIsSentAsItIsAllOfIt) {
  const std::string text = page(100'001);
  for (std::size_t at = 0; at < text.size(); at += 7000) {
    ASSERT_TRUE(reply_->write(std::string_view(text).substr(at, 7000)));
  }
  EXPECT_TRUE(reply_->head_sent());
  reply_->release();
  EXPECT_EQ(body(), text);
  EXPECT_EQ(field("Content-Encoding"), "");
  begin("GET", "br");
  expect_sent(page(1'000'000), ContentCoding::kIdentity);
}

TEST_F(ReplyEncodingTest, NothingIsGatheredInVain) {
  begin("GET", "deflate");
  ASSERT_TRUE(reply_->write(page(10'000)));
  EXPECT_TRUE(reply_->head_sent()) << "the client takes no coding";
  begin("GET", "br");
  reply_->head().add("Content-Length", "200000");
  ASSERT_TRUE(reply_->write(page(10'000)));
  EXPECT_TRUE(reply_->head_sent()) << "the script has said that it is too large";
  begin("GET", "br");
  reply_->head().set("Content-Type", "video/mp4");
  ASSERT_TRUE(reply_->write(page(10'000)));
  EXPECT_TRUE(reply_->head_sent());
  reply_->release();
}

TEST_F(ReplyEncodingTest, AFlushedBodyIsNotEncoded) {
  ASSERT_TRUE(reply_->write(page(5000)));
  ASSERT_TRUE(reply_->flush());
  ASSERT_TRUE(reply_->write(page(3000)));
  reply_->release();
  EXPECT_EQ(body(), page(5000) + page(3000));
  EXPECT_EQ(field("Content-Encoding"), "");
}

TEST_F(ReplyEncodingTest, AFlushedBodyOfATypeThatWasAskedForArrivesAtEachFlush) {
  policy_.stream_types = http::coding::MediaTypes({"text/html"});
  for (const std::string_view coding : {"br", "gzip", "zstd"}) {
    begin("GET", coding);
    const auto expected = http::AcceptEncoding::of(exchange_.job.head).choose(policy_.scripts);
    reply_->head().add("Content-Length", "16000");
    std::string text;
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE(reply_->write("piece " + std::to_string(i)));
      text += "piece " + std::to_string(i);
      ASSERT_TRUE(reply_->flush());
      EXPECT_EQ(decoded_prefix(expected, body()), text);
    }
    text += page(40'000);
    ASSERT_TRUE(reply_->write(page(40'000)));
    reply_->release();
    EXPECT_EQ(decoded(expected, body()), text);
    EXPECT_EQ(field("Content-Encoding"), coding);
    EXPECT_EQ(field("Content-Length"), "");
  }
}

TEST_F(ReplyEncodingTest, AStreamThatIsBrokenOffStaysBroken) {
  policy_.stream_types = http::coding::MediaTypes({"*"});
  ASSERT_TRUE(reply_->write(page(500)));
  ASSERT_TRUE(reply_->flush());
  ASSERT_TRUE(reply_->write(page(500)));
  reply_->fail(504);
  reply_->release();
  EXPECT_TRUE(exchange_.truncated);
  EXPECT_EQ(decoded(ContentCoding::kBrotli, body()), std::nullopt);
  begin("GET", "br");
  expect_sent(page(5000), ContentCoding::kBrotli);
}

TEST_F(ReplyEncodingTest, TheServersOwnAnswerIsNotTouched) {
  ASSERT_TRUE(reply_->write(page(5000)));
  reply_->fail(504);
  reply_->release();
  EXPECT_EQ(exchange_.error_status, 504);
  EXPECT_EQ(field("Content-Encoding"), "");
}

TEST_F(ReplyEncodingTest, FinishingEarlyEncodesWhatThereIs) {
  ASSERT_TRUE(reply_->write(page(5000)));
  reply_->finish();
  EXPECT_EQ(decoded(ContentCoding::kBrotli, body()), page(5000));
  ASSERT_TRUE(reply_->write("late"));
  reply_->release();
  EXPECT_EQ(decoded(ContentCoding::kBrotli, body()), page(5000));
}

TEST_F(ReplyEncodingTest, TagsAreWeakenedAndKnownAgain) {
  reply_->head().add("ETag", "\"v1\"");
  reply_->head().add("Vary", "Cookie");
  ASSERT_TRUE(reply_->write(page(5000)));
  reply_->release();
  EXPECT_EQ(field("ETag"), "W/\"v1\"");
  EXPECT_EQ(field("Vary"), "Cookie, Accept-Encoding");

  // A script that compares tags as text sends everything again.
  begin("GET", "br");
  request("If-None-Match", "W/\"v1\"");
  reply_->head().add("ETag", "\"v1\"");
  ASSERT_TRUE(reply_->write(page(5000)));
  reply_->release();
  EXPECT_EQ(exchange_.head.status, 304);
  EXPECT_EQ(body(), "");
  EXPECT_EQ(field("ETag"), "W/\"v1\"");
  EXPECT_EQ(field("Content-Encoding"), "");

  // A script that compares tags correctly sends the same tag in its 304 as in its 200.
  begin("GET", "br");
  request("If-None-Match", "W/\"v1\"");
  reply_->head().status = 304;
  reply_->head().add("ETag", "\"v1\"");
  reply_->release();
  EXPECT_EQ(field("ETag"), "W/\"v1\"");
  EXPECT_EQ(field("Vary"), "Accept-Encoding");

  // A POST is answered whatever the client has cached.
  begin("POST", "br");
  request("If-None-Match", "W/\"v1\"");
  reply_->head().add("ETag", "\"v1\"");
  expect_sent(page(5000), ContentCoding::kBrotli);
}

TEST_F(ReplyEncodingTest, HeadSaysWhatGetWould) {
  begin("HEAD", "br");
  reply_->head().add("Content-Length", "5000");
  reply_->head().add("ETag", "\"v1\"");
  reply_->release();
  EXPECT_EQ(field("Content-Encoding"), "br");
  EXPECT_EQ(field("Content-Length"), "");
  EXPECT_EQ(field("ETag"), "W/\"v1\"");
  EXPECT_EQ(field("Vary"), "Accept-Encoding");

  begin("HEAD", "br");
  reply_->head().add("Content-Length", "100");
  reply_->release();
  EXPECT_EQ(field("Content-Encoding"), "");
  EXPECT_EQ(field("Content-Length"), "100");
  EXPECT_EQ(field("Vary"), "");

  begin("HEAD", "br");
  reply_->head().add("ETag", "\"v1\"");
  reply_->release();
  EXPECT_EQ(field("Content-Encoding"), "") << "nobody knows how long GET's body is";
  EXPECT_EQ(field("ETag"), "W/\"v1\"");
  EXPECT_EQ(field("Vary"), "Accept-Encoding");
}

TEST_F(ReplyEncodingTest, OffIsOff) {
  policy_.scripts.clear();
  expect_sent(page(5000), ContentCoding::kIdentity);
  EXPECT_EQ(field("Vary"), "");
}

}  // namespace
}  // namespace tusk::exec
