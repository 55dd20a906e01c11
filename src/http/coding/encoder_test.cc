#include "http/coding/encoder.h"

#include <random>

#include <gtest/gtest.h>

#include "http/coding/block_cache.h"
#include "http/coding/test_decoder.h"

namespace tusk::http::coding {
namespace {

constexpr ContentCoding kAll[] = {ContentCoding::kGzip, ContentCoding::kBrotli,
                                  ContentCoding::kZstd};

std::string text_of(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < size) text += "<p>word " + std::to_string(random() % 1000) + "</p>\n";
  text.resize(size);
  return text;
}

std::string noise_of(std::size_t size) {
  std::mt19937 random(7);
  std::string noise(size, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  return noise;
}

class EveryCoding : public ::testing::TestWithParam<ContentCoding> {};
INSTANTIATE_TEST_SUITE_P(Encoder, EveryCoding, ::testing::ValuesIn(kAll),
                         [](const auto& tested) { return std::string(name_of(tested.param)); });

TEST_P(EveryCoding, WholeBodiesOfAnySizeComeBackAsTheyWere) {
  Encoder encoder({});
  constexpr std::size_t kSizes[] = {0, 1, 2, 255, 256, 4095, 50'000, 300'000, 3 << 20};
  for (const std::size_t size : kSizes) {
    const std::string body = text_of(size);
    std::string out = "before ";
    ASSERT_TRUE(encoder.encode(GetParam(), body, out));
    ASSERT_TRUE(out.starts_with("before "));
    EXPECT_EQ(decoded(GetParam(), out.substr(7)), body) << size;
    if (size >= 256) {
      EXPECT_LT(out.size(), size);
    }
  }
}

TEST_P(EveryCoding, WhatCannotBeCompressedComesBackToo) {
  Encoder encoder({});
  const std::string body = noise_of(700'000);
  std::string out;
  ASSERT_TRUE(encoder.encode(GetParam(), body, out));
  EXPECT_EQ(decoded(GetParam(), out), body);
}

TEST_P(EveryCoding, WhatWasFlushedCanBeReadAtOnce) {
  Encoder encoder({});
  std::string out;
  std::string expected;
  ASSERT_TRUE(encoder.begin(GetParam()));
  for (unsigned i = 0; i < 50; ++i) {
    const std::string piece = text_of(i * 97, i);
    expected += piece;
    ASSERT_TRUE(encoder.append(piece, out));
    ASSERT_TRUE(encoder.flush(out));
    ASSERT_EQ(decoded_prefix(GetParam(), out), expected) << i;
  }
  ASSERT_TRUE(encoder.finish(out));
  EXPECT_EQ(decoded(GetParam(), out), expected);
}

TEST_P(EveryCoding, LargePiecesWithoutAFlush) {
  Encoder encoder({});
  std::string out;
  std::string expected;
  ASSERT_TRUE(encoder.begin(GetParam()));
  for (unsigned i = 0; i < 10; ++i) {
    const std::string piece = i % 2 == 0 ? text_of(400'000, i) : noise_of(300'000);
    expected += piece;
    ASSERT_TRUE(encoder.append(piece, out));
  }
  ASSERT_TRUE(encoder.finish(out));
  EXPECT_EQ(decoded(GetParam(), out), expected);
}

TEST_P(EveryCoding, ABodyThatWasGivenUpLeavesNothingBehind) {
  Encoder encoder({});
  for (int i = 0; i < 3; ++i) {
    std::string out;
    ASSERT_TRUE(encoder.begin(GetParam()));
    ASSERT_TRUE(encoder.append(text_of(100'000, 99), out));
    out.clear();
    ASSERT_TRUE(encoder.encode(GetParam(), "the next body, whole", out));
    EXPECT_EQ(decoded(GetParam(), out), "the next body, whole");
    out.clear();
    ASSERT_TRUE(encoder.begin(GetParam()));
    ASSERT_TRUE(encoder.append("the next body, in pieces", out));
    ASSERT_TRUE(encoder.finish(out));
    EXPECT_EQ(decoded(GetParam(), out), "the next body, in pieces");
  }
}

TEST_P(EveryCoding, AnEmptyBodyInPieces) {
  Encoder encoder({});
  std::string out;
  ASSERT_TRUE(encoder.begin(GetParam()));
  ASSERT_TRUE(encoder.flush(out));
  ASSERT_TRUE(encoder.finish(out));
  EXPECT_EQ(decoded(GetParam(), out), "");
}

TEST_P(EveryCoding, EveryLevel) {
  const std::string body = text_of(20'000);
  for (int level = 1; level <= 19; ++level) {
    Encoder encoder({std::min(level, 9), std::min(level, 11), level});
    std::string out;
    ASSERT_TRUE(encoder.encode(GetParam(), body, out));
    EXPECT_EQ(decoded(GetParam(), out), body);
    out.clear();
    ASSERT_TRUE(encoder.begin(GetParam()));
    ASSERT_TRUE(encoder.append(body, out));
    ASSERT_TRUE(encoder.finish(out));
    EXPECT_EQ(decoded(GetParam(), out), body);
  }
}

TEST(Encoder, IdentityIsNoCodingToEncodeIn) {
  Encoder encoder({});
  std::string out;
  EXPECT_FALSE(encoder.encode(ContentCoding::kIdentity, "body", out));
  EXPECT_FALSE(encoder.begin(ContentCoding::kIdentity));
  EXPECT_FALSE(encoder.append("piece", out));
  EXPECT_FALSE(encoder.finish(out));
}

TEST(BlockCache, GivesOutAgainWhatFitsAndKeepsNoMoreThanItsLimit) {
  BlockCache cache;
  void* const first = cache.take(100'000);
  ASSERT_NE(first, nullptr);
  cache.give_back(first);
  EXPECT_EQ(cache.kept_bytes(), 100'000U);
  void* const larger = cache.take(200'000);
  EXPECT_NE(larger, first) << "the kept one is too small";
  void* const again = cache.take(60'000);
  EXPECT_EQ(again, first);
  EXPECT_EQ(cache.kept_bytes(), 0U);
  cache.give_back(again);
  void* const large = cache.take(BlockCache::kKeptBytes);
  cache.give_back(large);
  EXPECT_EQ(cache.kept_bytes(), 100'000U);
  cache.give_back(nullptr);
  cache.give_back(larger);
}

}  // namespace
}  // namespace tusk::http::coding
