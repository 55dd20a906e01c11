#include "http/h2/request_head_builder.h"

#include <gtest/gtest.h>

#include "http/h2/session_fixture.h"

namespace tusk::http::h2 {
namespace {

using Body = RequestHeadBuilder::Body;

// get() with fields replaced (by name) or added.
raw::Fields with(const raw::Fields& changes) {
  raw::Fields fields = raw::get();
  for (const auto& [name, value] : changes) {
    bool replaced = false;
    for (auto& field : fields) {
      if (field.first == name && name.starts_with(':')) {
        field.second = value;
        replaced = true;
      }
    }
    if (!replaced && name.starts_with(':')) {
      fields.insert(fields.begin(), {name, value});
    } else if (!replaced) {
      fields.emplace_back(name, value);
    }
  }
  return fields;
}

raw::Fields without(const std::string& name, raw::Fields added = {}) {
  raw::Fields fields = raw::get();
  std::erase_if(fields, [&](const auto& field) { return field.first == name; });
  for (auto& field : added) fields.push_back(std::move(field));
  return fields;
}

struct Case {
  const char* what;
  raw::Fields fields;
  int status;  // 0: accepted; -1: malformed, the stream is reset
};

class Heads : public SessionFixture, public ::testing::WithParamInterface<Case> {};

TEST_P(Heads, AreJudged) {
  limits.header_bytes = 12'000;  // so that a larger head still fits into a frame
  begin();
  ASSERT_TRUE(receive(raw::headers(1, GetParam().fields)));
  const auto frames = produce();
  if (GetParam().status < 0) {
    EXPECT_EQ(reset_of(frames, 1), ErrorCode::kProtocolError);
    EXPECT_EQ(streams.count(1), 0U);
    EXPECT_EQ(std::count_if(frames.begin(), frames.end(),
                            [](const raw::Frame& f) { return f.type == raw::kRstStream; }),
              1);
    return;
  }
  ASSERT_EQ(streams.count(1), 1U);
  EXPECT_EQ(streams.at(1)->refusal.status, GetParam().status) << streams.at(1)->refusal.reason;
}

INSTANTIATE_TEST_SUITE_P(
    Session, Heads,
    ::testing::Values(
        Case{"plain", raw::get(), 0}, Case{"an unknown method", with({{":method", "BREW"}}), 0},
        Case{"OPTIONS *", with({{":method", "OPTIONS"}, {":path", "*"}}), 0},
        Case{"Host alone", without(":authority", {{"host", "example.org"}}), 0},
        Case{"both, the same", with({{"host", "EXAMPLE.org"}}), 0},
        Case{"te: trailers", with({{"te", "trailers"}}), 0},
        Case{"an empty value", with({{"x-empty", ""}}), 0},
        Case{"bytes above 0x7f", with({{"x-name", "\xc3\xa9"}}), 0},
        // RFC 9113 §8.3.1
        Case{"Host of another", with({{"host", "example.com"}}), 400},
        Case{"user information", with({{":authority", "user@example.org"}}), 400},
        Case{"a port that is none", with({{":authority", "example.org:99999"}}), 400},
        Case{"a path with a fragment", with({{":path", "/a#b"}}), 400},
        Case{"another scheme", with({{":scheme", "ftp"}}), 400},
        Case{"CONNECT", {{":method", "CONNECT"}, {":authority", "example.org:443"}}, 501},
        Case{"a long method", with({{":method", std::string(40, 'A')}}), 501},
        Case{"a long target", with({{":path", "/" + std::string(9000, 'a')}}), 414},
        Case{"a large head", with({{"x-large", std::string(12'500, 'a')}}), 431},
        Case{"a whole URI as path", with({{":path", "http://example.org/"}}), -1},
        Case{"no :path", without(":path"), -1}, Case{"an empty :path", with({{":path", ""}}), -1},
        Case{"no :method", without(":method"), -1}, Case{"no :scheme", without(":scheme"), -1},
        Case{"no authority", without(":authority"), -1},
        Case{"a pseudo field of responses", with({{":status", "200"}}), -1},
        Case{"an unknown pseudo field", with({{":unknown", "1"}}), -1},
        Case{"a pseudo field after a field", {{":method", "GET"}, {"x", "y"}, {":path", "/"}}, -1},
        Case{"a pseudo field twice", {{":method", "GET"}, {":method", "GET"}, {":path", "/"}}, -1},
        Case{"two Host fields", with({{"host", "example.org"}, {"host", "example.org"}}), -1},
        // §8.2.1
        Case{"a name in capitals", with({{"X-Name", "1"}}), -1},
        Case{"a space in a name", with({{"x name", "1"}}), -1},
        Case{"a colon in a name", with({{"x:name", "1"}}), -1},
        Case{"an empty name", with({{"", "1"}}), -1},
        Case{"a line end in a value", with({{"x-name", "a\r\nb: c"}}), -1},
        Case{"a NUL in a value", with({{"x-name", std::string("a\0b", 3)}}), -1},
        Case{"space before a value", with({{"x-name", " a"}}), -1},
        Case{"space after a value", with({{"x-name", "a "}}), -1},
        Case{"a line end in the path", with({{":path", "/a\r\n"}}), -1},
        Case{"a space in the path", with({{":path", "/a b"}}), -1},
        Case{"a space in the method", with({{":method", "GET /"}}), -1},
        // §8.2.2
        Case{"connection", with({{"connection", "close"}}), -1},
        Case{"keep-alive", with({{"keep-alive", "1"}}), -1},
        Case{"proxy-connection", with({{"proxy-connection", "close"}}), -1},
        Case{"transfer-encoding", with({{"transfer-encoding", "chunked"}}), -1},
        Case{"upgrade", with({{"upgrade", "h2c"}}), -1},
        Case{"te: gzip", with({{"te", "gzip"}}), -1},
        // §8.1.1
        Case{"two lengths", with({{"content-length", "0"}, {"content-length", "0"}}), -1},
        Case{"a length that is none", with({{"content-length", "1x"}}), -1},
        Case{"a length without body", with({{"content-length", "5"}}), -1}),
    [](const auto& test) {
      std::string name = test.param.what;
      for (char& c : name) {
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
      }
      return name + std::to_string(test.index);
    });

class RequestHeadBuilderTest : public ::testing::Test {
 protected:
  RequestHeadBuilderTest() : builder(limits) { builder.clear(); }
  void add(const raw::Fields& fields) {
    for (const auto& [name, value] : fields) {
      ASSERT_EQ(builder.add(name, value), RequestHeadBuilder::Added::kTaken) << name;
    }
  }
  SessionLimits limits;
  RequestHeadBuilder builder;
};

TEST_F(RequestHeadBuilderTest, CrumbsOfACookieAreOneField) {
  raw::Fields fields = raw::get();
  for (int i = 0; i < 300; ++i) fields.emplace_back("cookie", "c" + std::to_string(i) + "=1");
  add(fields);
  EXPECT_FALSE(builder.finish(Body::kNone).refused());
  EXPECT_TRUE(builder.head().find("cookie").starts_with("c0=1; c1=1; c2=1"));
  EXPECT_EQ(builder.head().fields.size(), 2U);  // with host
}

TEST_F(RequestHeadBuilderTest, TooManyFieldsAreRefused) {
  raw::Fields fields = raw::get();
  for (std::size_t i = 0; i <= limits.header_count; ++i) fields.emplace_back("x", "1");
  add(fields);
  EXPECT_EQ(builder.finish(Body::kNone).status, 431);
}

TEST_F(RequestHeadBuilderTest, AsManyAsAllowedAreTaken) {
  raw::Fields fields = raw::get();
  for (std::size_t i = 0; i < limits.header_count; ++i) fields.emplace_back("x", "1");
  add(fields);
  EXPECT_FALSE(builder.finish(Body::kNone).refused());
}

TEST_F(RequestHeadBuilderTest, KeepsNothingLarge) {
  add({{"x", std::string(10'000, 'a')}});
  builder.free_large();
  EXPECT_LT(builder.head().text.capacity(), 100U);
  builder.clear();
  add(raw::get());
  EXPECT_FALSE(builder.finish(Body::kNone).refused());
}

TEST_F(RequestHeadBuilderTest, FarTooMuchIsAnAttack) {
  const std::string value(4000, 'a');
  RequestHeadBuilder::Added added = RequestHeadBuilder::Added::kTaken;
  std::size_t count = 0;
  while (added == RequestHeadBuilder::Added::kTaken && count < 1000) {
    added = builder.add("x", value);
    ++count;
  }
  EXPECT_EQ(added, RequestHeadBuilder::Added::kExcessive);
  EXPECT_LE(builder.head().text.size(), limits.header_bytes);
}

TEST_F(RequestHeadBuilderTest, ABodyWithoutLengthIsKnownAtItsEnd) {
  add(raw::get());
  EXPECT_FALSE(builder.finish(Body::kFollows).refused());
  EXPECT_TRUE(builder.head().chunked && builder.head().has_body());
}

TEST_F(RequestHeadBuilderTest, AnAbsurdLengthIs413) {
  add(raw::get());
  add({{"content-length", "99999999999999999999"}});
  EXPECT_EQ(builder.finish(Body::kFollows).status, 413);
}

TEST_F(RequestHeadBuilderTest, ExpectCountsOnlyWithABody) {
  add(raw::get());
  add({{"expect", "100-continue"}});
  EXPECT_FALSE(builder.finish(Body::kNone).refused());
  EXPECT_FALSE(builder.head().expect_continue);
}

TEST_F(RequestHeadBuilderTest, WhatCannotBeExpectedIs417) {
  add(raw::get());
  add({{"expect", "100-continue, tea"}});
  EXPECT_EQ(builder.finish(Body::kFollows).status, 417);
}

TEST_F(RequestHeadBuilderTest, NothingStaysFromTheRequestBefore) {
  add(raw::get("/first"));
  add({{"host", "example.org"}, {"cookie", "a=1"}});
  EXPECT_FALSE(builder.finish(Body::kFollows).refused());
  builder.clear();
  add(raw::get("/second"));
  EXPECT_FALSE(builder.finish(Body::kNone).refused());
  EXPECT_EQ(builder.head().view(builder.head().path), "/second");
  EXPECT_FALSE(builder.head().contains("cookie"));
  EXPECT_FALSE(builder.head().has_body());
}

}  // namespace
}  // namespace tusk::http::h2
