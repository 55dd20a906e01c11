// What records carry: heads, and values of a worker process.
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "exec/process/response_records.h"

namespace tusk::exec::process {
namespace {

TEST(FilePiece, HasAnEndThatAFileCanHave) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_TRUE((FilePiece{0, 1}).is_valid());
  EXPECT_TRUE((FilePiece{0, kMost}).is_valid());
  EXPECT_TRUE((FilePiece{kMost - 1, 1}).is_valid());
  EXPECT_FALSE((FilePiece{0, 0}).is_valid());
  EXPECT_FALSE((FilePiece{kMost, 1}).is_valid());
  EXPECT_FALSE((FilePiece{1, kMost}).is_valid());
  EXPECT_FALSE((FilePiece{UINT64_MAX, 2}).is_valid());
  EXPECT_FALSE((FilePiece{2, UINT64_MAX}).is_valid());
}

TEST(EndRecord, HasAStatusOfAnErrorAndTimes) {
  for (const int status : {0, 400, 500, 503, 599}) {
    EndRecord end;
    end.error_status = status;
    EXPECT_TRUE(end.is_valid()) << status;
  }
  for (const int status : {-1, 1, 100, 200, 399, 600, INT32_MAX, INT32_MIN}) {
    EndRecord end;
    end.error_status = status;
    EXPECT_FALSE(end.is_valid()) << status;
  }
  EndRecord end;
  end.cpu_ns = -1;
  EXPECT_FALSE(end.is_valid());
  end.cpu_ns = 0;
  end.ended_ns = INT64_MIN;
  EXPECT_FALSE(end.is_valid());
}

http::ResponseHead head_of(std::string_view text, bool& is_head) {
  http::ResponseHead head;
  head.status = 1;
  head.add("Left", "over");
  is_head = decode(text, head);
  return head;
}

TEST(HeadEncoding, GoesThrough) {
  http::ResponseHead head;
  head.status = 404;
  head.reason = "Not here\t\xe9";
  ASSERT_TRUE(head.add("Content-Type", "text/html"));
  ASSERT_TRUE(head.add("Set-Cookie", "a=1"));
  ASSERT_TRUE(head.add("Set-Cookie", "b=2: x"));
  ASSERT_TRUE(head.add("X-Empty", ""));
  bool is_head = false;
  const http::ResponseHead got = head_of(encode(head), is_head);
  ASSERT_TRUE(is_head);
  EXPECT_EQ(got.status, 404);
  EXPECT_EQ(got.reason, head.reason);
  EXPECT_EQ(got.text, head.text);
  ASSERT_EQ(got.fields.size(), 4U);
  EXPECT_EQ(got.view(got.fields[2].name), "Set-Cookie");
  EXPECT_EQ(got.view(got.fields[2].value), "b=2: x");
  EXPECT_EQ(encode(got), encode(head));
  std::string in_parts;
  const HeadParts parts(head);
  for (const std::string_view part : parts.all()) in_parts += part;
  EXPECT_EQ(in_parts, encode(head));
  EXPECT_EQ(parts.size(), in_parts.size());
}

TEST(HeadEncoding, OfAnEmptyHeadGoesThrough) {
  bool is_head = false;
  const http::ResponseHead got = head_of(encode(http::ResponseHead()), is_head);
  ASSERT_TRUE(is_head);
  EXPECT_EQ(got.status, 200);
  EXPECT_TRUE(got.reason.empty());
  EXPECT_TRUE(got.fields.empty());
}

TEST(HeadEncoding, OfEveryStatusOfThreeDigitsIsTaken) {
  bool is_head = false;
  for (const int status : {100, 103, 199, 200, 599, 999}) {
    http::ResponseHead head;
    head.status = status;
    EXPECT_EQ(head_of(encode(head), is_head).status, status);
    EXPECT_TRUE(is_head);
  }
  for (const int status : {-200, -1, 0, 99, 1000, INT32_MAX, INT32_MIN}) {
    http::ResponseHead head;
    head.status = status;
    head_of(encode(head), is_head);
    EXPECT_FALSE(is_head) << status;
  }
}

TEST(HeadEncoding, OfAnythingElseIsRefused) {
  using namespace std::string_view_literals;
  for (const std::string_view text : {""sv,
                                      "\r\n"sv,
                                      "200"sv,
                                      "200\r\n"sv,
                                      "200 "sv,
                                      "200 OK"sv,
                                      "200 OK\n"sv,
                                      "20 OK\r\n"sv,
                                      "2000 OK\r\n"sv,
                                      "099 OK\r\n"sv,
                                      " 200 OK\r\n"sv,
                                      "+20 OK\r\n"sv,
                                      "2x0 OK\r\n"sv,
                                      "200 O\nK\r\n"sv,
                                      "200 O\rK\r\n"sv,
                                      "200 O\0K\r\n"sv,
                                      "200 O\x7fK\r\n"sv,
                                      "200 \r\nA: b"sv,
                                      "200 \r\nA: b\n"sv,
                                      "200 \r\nA b\r\n"sv,
                                      "200 \r\nA:b\r\n"sv,
                                      "200 \r\nA:\r\n"sv,
                                      "200 \r\nA:  b\r\n"sv,
                                      "200 \r\nA: \tb\r\n"sv,
                                      "200 \r\nA: b \r\n"sv,
                                      "200 \r\nA:b: c\r\n"sv,
                                      "200 \r\nA: b\r\nC\r\nD: e\r\n"sv,
                                      "200 \r\n: b\r\n"sv,
                                      "200 \r\nA : b\r\n"sv,
                                      "200 \r\n A: b\r\n"sv,
                                      "200 \r\nA: b\r\n c\r\n"sv,
                                      "200 \r\nA: b\nc: d\r\n"sv,
                                      "200 \r\nA: b\rc: d\r\n"sv,
                                      "200 \r\nA: b\0c\r\n"sv,
                                      "200 \r\nA: b\x7f\r\n"sv,
                                      "200 \r\nA\0: b\r\n"sv,
                                      "200 \r\n\r\n"sv,
                                      "200 \r\nA: b\r\n\r\n"sv,
                                      "200 \r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n"sv}) {
    bool is_head = true;
    head_of(text, is_head);
    EXPECT_FALSE(is_head) << text;
  }
}

}  // namespace
}  // namespace tusk::exec::process
