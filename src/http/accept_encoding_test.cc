#include "http/accept_encoding.h"

#include <array>
#include <string_view>

#include <gtest/gtest.h>

namespace tusk::http {
namespace {

constexpr auto kIdentity = ContentCoding::kIdentity;
constexpr auto kGzip = ContentCoding::kGzip;
constexpr auto kBrotli = ContentCoding::kBrotli;
constexpr auto kZstd = ContentCoding::kZstd;

constexpr std::array<ContentCoding, 3> kAll = {kBrotli, kZstd, kGzip};

AcceptEncoding accepted(std::string_view value) {
  AcceptEncoding accepted;
  accepted.add(value);
  return accepted;
}

ContentCoding chosen(std::string_view value) { return accepted(value).choose(kAll); }

TEST(AcceptEncoding, WhatBrowsersSend) {
  EXPECT_EQ(chosen("gzip, deflate, br, zstd"), kBrotli);
  EXPECT_EQ(chosen("gzip, deflate, br"), kBrotli);
  EXPECT_EQ(chosen("gzip, deflate"), kGzip);
  EXPECT_EQ(chosen("GZIP"), kGzip);
  EXPECT_EQ(chosen("x-gzip"), kGzip);
  EXPECT_EQ(chosen("deflate"), kIdentity);
  EXPECT_EQ(chosen("identity"), kIdentity);
  EXPECT_EQ(chosen(""), kIdentity);
}

TEST(AcceptEncoding, NoFieldIsIdentity) {
  EXPECT_EQ(AcceptEncoding().choose(kAll), kIdentity);
  EXPECT_EQ(AcceptEncoding().quality(kGzip), 0);
  EXPECT_EQ(AcceptEncoding().quality(kIdentity), 1000);
}

TEST(AcceptEncoding, Qualities) {
  EXPECT_EQ(chosen("br;q=0.5, gzip;q=0.8"), kGzip);
  EXPECT_EQ(chosen("br;q=0, gzip;q=0.1"), kGzip);
  EXPECT_EQ(chosen("gzip;q=0.001"), kGzip);
  EXPECT_EQ(chosen("gzip;q=0"), kIdentity);
  EXPECT_EQ(chosen("gzip;q=0.000"), kIdentity);
  EXPECT_EQ(chosen("gzip ; q=1.000,br\t;\tQ=0.999"), kGzip);
  EXPECT_EQ(accepted("gzip;q=0.25").quality(kGzip), 250);
}

TEST(AcceptEncoding, Identity) {
  EXPECT_EQ(chosen("gzip;q=0.5, identity"), kIdentity);
  EXPECT_EQ(chosen("gzip;q=0.5, identity;q=0.5"), kGzip);
  EXPECT_EQ(chosen("gzip, identity;q=0"), kGzip);
  // The client wants none of these: identity is better than nothing.
  EXPECT_EQ(chosen("identity;q=0"), kIdentity);
  EXPECT_EQ(chosen("*;q=0"), kIdentity);
  EXPECT_EQ(accepted("identity;q=0").quality(kIdentity), 0);
  EXPECT_EQ(accepted("*;q=0").quality(kIdentity), 0);
  EXPECT_EQ(accepted("*;q=0, identity;q=0.1").quality(kIdentity), 100);
  EXPECT_EQ(accepted("*;q=0.5").quality(kIdentity), 1000);
}

TEST(AcceptEncoding, Star) {
  EXPECT_EQ(chosen("*"), kGzip);
  EXPECT_EQ(chosen("gzip;q=0.5, *;q=1"), kBrotli);
  EXPECT_EQ(chosen("gzip;q=0, *"), kBrotli);
  EXPECT_EQ(chosen("zstd, *"), kZstd);
  EXPECT_EQ(chosen("br;q=0, *;q=0"), kIdentity);
  EXPECT_EQ(accepted("gzip;q=0.5, *;q=0.1").quality(kBrotli), 100);
}

TEST(AcceptEncoding, TheServersOrderDecidesAmongEquals) {
  const std::array<ContentCoding, 2> gzip_first = {kGzip, kBrotli};
  EXPECT_EQ(accepted("br, gzip").choose(gzip_first), kGzip);
  const std::array<ContentCoding, 1> only_zstd = {kZstd};
  EXPECT_EQ(accepted("br, gzip").choose(only_zstd), kIdentity);
  EXPECT_EQ(accepted("br, gzip").choose({}), kIdentity);
}

TEST(AcceptEncoding, MalformedElementsAreIgnored) {
  for (const char* bad :
       {"gzip;q=", "gzip;q=2", "gzip;q=1.001", "gzip;q=0.1234", "gzip;q=.5", "gzip;q=-1",
        "gzip;q=0,5", "gzip;q =1", "gzip;level=9", "gzip;q=1;q=1", "gzip;", "gzip br", "\"gzip\"",
        "gzip;q=1e3", "gzip;q=00", "gz\0ip", ";q=1", "gzip/1"}) {
    EXPECT_EQ(chosen(bad), kIdentity) << bad;
  }
  EXPECT_EQ(chosen("br;q=x, gzip"), kGzip);
  EXPECT_EQ(chosen(",,gzip,,"), kGzip);
  // The first of two counts.
  EXPECT_EQ(chosen("gzip;q=0, gzip"), kIdentity);
}

TEST(AcceptEncoding, AllLinesOfARequest) {
  RequestHead request;
  request.add_field("Accept-Encoding", "deflate");
  request.add_field("Accept", "br");
  request.add_field("accept-encoding", "gzip");
  EXPECT_EQ(AcceptEncoding::of(request).choose(kAll), kGzip);
}

TEST(AcceptEncoding, Names) {
  EXPECT_EQ(name_of(kGzip), "gzip");
  EXPECT_EQ(name_of(kBrotli), "br");
  EXPECT_EQ(name_of(kZstd), "zstd");
}

}  // namespace
}  // namespace tusk::http
