#include "http/coding/response_fields.h"

#include <gtest/gtest.h>

#include "http/coding/policy.h"

namespace tusk::http::coding {
namespace {

ResponseHead head_with(std::initializer_list<std::pair<std::string_view, std::string_view>> fields,
                       int status = 200) {
  ResponseHead head;
  head.status = status;
  for (const auto& [name, value] : fields) head.add(name, value);
  return head;
}

TEST(MediaTypes, NamesPatternsAndParameters) {
  const MediaTypes types({"text/*", "application/json", "*+xml", "Image/BMP"});
  for (const char* yes :
       {"text/html", "TEXT/HTML; charset=UTF-8", "text/plain;charset=utf-8", "application/json",
        "image/svg+xml", "application/rss+xml ; x=1", "image/bmp", " text/css"}) {
    EXPECT_TRUE(types.contain(yes)) << yes;
  }
  for (const char* no : {"", ";", "text", "application/json2", "application/jsonp", "image/png",
                         "application/octet-stream", "image/svg+xmlx", "xtext/html"}) {
    EXPECT_FALSE(types.contain(no)) << no;
  }
  EXPECT_TRUE(types.name("application/json"));
  EXPECT_FALSE(types.name("text/html")) << "a star names nothing";
  EXPECT_FALSE(MediaTypes().contain("text/html"));
  EXPECT_FALSE(MediaTypes({"a*a"}).contain("a")) << "a letter counts once";
  EXPECT_TRUE(MediaTypes({"*"}).contain("anything/at-all"));
}

TEST(Policy, AnEventStreamMustBeNamed) {
  Policy policy;
  policy.types = MediaTypes({"text/*"});
  EXPECT_TRUE(policy.takes("text/html"));
  EXPECT_FALSE(policy.takes("text/event-stream"));
  EXPECT_FALSE(policy.takes_stream("text/html"));
  policy.stream_types = MediaTypes({"*"});
  EXPECT_TRUE(policy.takes_stream("text/html"));
  EXPECT_FALSE(policy.takes_stream("video/mp4")) << "not of the types that are compressed";
  EXPECT_FALSE(policy.takes_stream("text/event-stream; charset=utf-8"));
  policy.stream_types = MediaTypes({"text/event-stream"});
  EXPECT_TRUE(policy.takes_stream("Text/Event-Stream; charset=utf-8"));
  EXPECT_FALSE(policy.takes_stream("text/html"));
}

TEST(Policy, SizesAreInclusive) {
  const Policy policy;
  EXPECT_FALSE(policy.has_right_size(255));
  EXPECT_TRUE(policy.has_right_size(256));
  EXPECT_TRUE(policy.has_right_size(3 << 20));
  EXPECT_FALSE(policy.has_right_size((3 << 20) + 1));
}

TEST(ResponseFields, WhatMayNotBeEncoded) {
  EXPECT_TRUE(facts_of(head_with({{"Content-Type", "text/html"}})).may_be_encoded);
  EXPECT_TRUE(facts_of(head_with({{"Cache-Control", "no-store, private"}})).may_be_encoded);
  for (const int status : {204, 205, 206, 304, 103}) {
    EXPECT_FALSE(facts_of(head_with({}, status)).may_be_encoded) << status;
  }
  for (const int status : {200, 201, 404, 500}) {
    EXPECT_TRUE(facts_of(head_with({}, status)).may_be_encoded) << status;
  }
  for (const auto& [name, value] : {std::pair{"content-encoding", "gzip"},
                                    {"Content-Encoding", "identity"},
                                    {"CACHE-CONTROL", "public, No-Transform"},
                                    {"Content-Range", "bytes 0-1/2"},
                                    {"Digest", "sha-256=x"},
                                    {"Repr-Digest", "sha-256=:x:"},
                                    {"Content-Digest", "sha-256=:x:"},
                                    {"Content-MD5", "x"}}) {
    EXPECT_FALSE(facts_of(head_with({{"X", "y"}, {name, value}})).may_be_encoded) << name;
  }
}

TEST(ResponseFields, Length) {
  EXPECT_EQ(facts_of(head_with({{"Content-Length", "123"}})).length, 123U);
  EXPECT_EQ(facts_of(head_with({{"Content-Length", "-1"}})).length, std::nullopt);
  EXPECT_EQ(facts_of(head_with({{"Content-Length", "12x"}})).length, std::nullopt);
  EXPECT_EQ(facts_of(head_with({})).length, std::nullopt);
}

TEST(ResponseFields, VaryIsMergedOnce) {
  const auto merged = [](std::initializer_list<std::string_view> lines) {
    ResponseHead head;
    for (const std::string_view line : lines) head.add("vary", line);
    add_vary(head);
    std::string all;
    for (const HeaderField& field : head.fields) all.append(head.view(field.value)).append("|");
    return all;
  };
  EXPECT_EQ(merged({}), "Accept-Encoding|");
  EXPECT_EQ(merged({"Cookie"}), "Cookie, Accept-Encoding|");
  EXPECT_EQ(merged({"Cookie", "Origin, X"}), "Cookie, Origin, X, Accept-Encoding|");
  EXPECT_EQ(merged({"accept-ENCODING, Cookie"}), "accept-ENCODING, Cookie|");
  EXPECT_EQ(merged({"Cookie", "Accept-Encoding"}), "Cookie|Accept-Encoding|");
  EXPECT_EQ(merged({"*"}), "*|");
  EXPECT_EQ(merged({""}), "Accept-Encoding|");
}

TEST(ResponseFields, AMarkedHeadSaysOneThing) {
  ResponseHead head = head_with({{"Content-Length", "9"},
                                 {"ETag", "\"a\""},
                                 {"Accept-Ranges", "bytes"},
                                 {"Vary", "Cookie"},
                                 {"X", "y"}});
  mark_as_encoded(head, ContentCoding::kBrotli);
  EXPECT_EQ(head.find("Content-Encoding"), "br");
  EXPECT_EQ(head.find("ETag"), "W/\"a\"");
  EXPECT_EQ(head.find("Vary"), "Cookie, Accept-Encoding");
  EXPECT_FALSE(head.contains("Content-Length"));
  EXPECT_FALSE(head.contains("Accept-Ranges"));
  EXPECT_EQ(head.find("X"), "y");
}

TEST(ResponseFields, OnlyAStrongTagIsWeakened) {
  const auto weakened = [](std::string_view tag) {
    ResponseHead head = head_with({{"ETag", tag}});
    weaken_entity_tag(head);
    return std::string(head.find("ETag"));
  };
  EXPECT_EQ(weakened("\"a,b\""), "W/\"a,b\"");
  EXPECT_EQ(weakened("W/\"a\""), "W/\"a\"");
  EXPECT_EQ(weakened("abc"), "abc") << "no tag at all: a client may still say it back";
}

TEST(ResponseFields, WhoAsksForAWeakenedTag) {
  const auto asks = [](std::initializer_list<std::string_view> lines, std::string_view tag) {
    RequestHead request;
    for (const std::string_view line : lines) request.add_field("If-None-Match", line);
    return asks_for_weakened(request, tag);
  };
  EXPECT_TRUE(asks({"W/\"a\""}, "\"a\""));
  EXPECT_TRUE(asks({"\"x\", W/\"a\""}, "\"a\""));
  EXPECT_TRUE(asks({"\"x\"", "W/\"a\""}, "\"a\""));
  EXPECT_FALSE(asks({"\"a\""}, "\"a\"")) << "the script knows that one by itself";
  EXPECT_FALSE(asks({"\"a\", W/\"a\""}, "\"a\""));
  EXPECT_FALSE(asks({"W/\"a\""}, "W/\"a\"")) << "weak of its own";
  EXPECT_FALSE(asks({"*"}, "\"a\""));
  EXPECT_FALSE(asks({"W/\"b\""}, "\"a\""));
  EXPECT_FALSE(asks({}, "\"a\""));
  EXPECT_FALSE(asks({"W/\"a\""}, ""));
}

}  // namespace
}  // namespace tusk::http::coding
