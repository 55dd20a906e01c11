#include "http/range.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tusk::http {
namespace {

// "200", "416", or the ranges, as "0-4,7-9".
std::string read(std::string_view value, std::uint64_t size = 10) {
  std::vector<ByteRange> ranges;
  switch (parse_range(value, size, ranges)) {
    case RangeOutcome::kWhole:
      return "200";
    case RangeOutcome::kUnsatisfiable:
      return "416";
    case RangeOutcome::kPartial:
      break;
  }
  std::string text;
  for (const ByteRange range : ranges) {
    if (!text.empty()) text.push_back(',');
    text += std::to_string(range.first) + "-" + std::to_string(range.last);
  }
  return text;
}

TEST(Range, One) {
  EXPECT_EQ(read("bytes=0-4"), "0-4");
  EXPECT_EQ(read("bytes=0-0"), "0-0");
  EXPECT_EQ(read("bytes=9-9"), "9-9");
  EXPECT_EQ(read("bytes=5-"), "5-9");
  EXPECT_EQ(read("bytes=0-"), "0-9");
  EXPECT_EQ(read("bytes=5-100"), "5-9");
  EXPECT_EQ(read("bytes=-3"), "7-9");
  EXPECT_EQ(read("bytes=-100"), "0-9");
  EXPECT_EQ(read("BYTES=0-1"), "0-1");
  EXPECT_EQ(read("bytes=0-99999999999999999999999999"), "0-9");
  EXPECT_EQ(read("bytes=00000000000000000000000000001-2"), "1-2");
  EXPECT_EQ(read("bytes= 0 - 4 "), "0-4");
}

TEST(Range, Outside) {
  EXPECT_EQ(read("bytes=10-"), "416");
  EXPECT_EQ(read("bytes=10-20"), "416");
  EXPECT_EQ(read("bytes=-0"), "416");
  EXPECT_EQ(read("bytes=99999999999999999999999999-"), "416");
  EXPECT_EQ(read("bytes=0-", 0), "200");
  EXPECT_EQ(read("bytes=-1", 0), "200");
  EXPECT_EQ(read("bytes=x", 0), "200");
}

TEST(Range, Several) {
  EXPECT_EQ(read("bytes=0-1,4-5"), "0-1,4-5");
  EXPECT_EQ(read("bytes=4-5, 0-1"), "4-5,0-1");
  EXPECT_EQ(read("bytes=0-1,,-2,"), "0-1,8-9");
  EXPECT_EQ(read("bytes=20-30,0-1"), "0-1");
  EXPECT_EQ(read("bytes=20-30,40-"), "416");
  // Overlapping, but not more than the whole.
  EXPECT_EQ(read("bytes=0-3,2-4"), "0-3,2-4");
}

TEST(Range, Floods) {
  EXPECT_EQ(read("bytes=0-,0-"), "200");
  EXPECT_EQ(read("bytes=0-5,5-9"), "200");
  std::string many = "bytes=0-0";
  for (std::size_t i = 1; i < kMaxRanges; ++i) many += ",0-0";
  EXPECT_NE(read(many, 1'000'000), "200");
  EXPECT_EQ(read(many + ",0-0", 1'000'000), "200");
  EXPECT_EQ(read("bytes=0-9223372036854775806,0-9223372036854775806,0-9223372036854775806",
                 std::uint64_t{1} << 62),
            "200");
}

TEST(Range, Malformed) {
  for (const char* bad :
       {"bytes=-", "bytes=a-b", "bytes=0", "bytes=5-3", "bytes=0-1x", "bytes=0--1", "bytes=0-1-2",
        "bytes=0-1;2-3", "bytes=0-1,x", "bytes=x,0-1", "bytes=,", "bytes=+1-2", "bytes=0x1-2",
        "bytes=1.5-2", "bytes==0-1"}) {
    EXPECT_EQ(read(bad), "416") << bad;
  }
}

TEST(Range, OtherUnitsAreIgnored) {
  for (const char* other : {"", "bytes", "bytes=", "items=0-1", "bytes 0-1", "none", "byte=0-1"}) {
    EXPECT_EQ(read(other), "200") << other;
  }
}

TEST(Range, Fields) {
  std::string text;
  append_content_range(text, {0, 99}, 1234);
  EXPECT_EQ(text, "bytes 0-99/1234");
  text.clear();
  append_unsatisfied_range(text, 0);
  EXPECT_EQ(text, "bytes */0");
}

}  // namespace
}  // namespace tusk::http
