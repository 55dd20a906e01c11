#include "config/value.h"

#include <limits>

#include <gtest/gtest.h>

namespace tusk::config {
namespace {

using std::chrono::milliseconds;

TEST(Value, Bool) {
  for (const char* text : {"1", "true", "on", "yes", "TRUE", "On"})
    EXPECT_EQ(parse_bool(text), true) << text;
  for (const char* text : {"0", "false", "off", "no", "False", "OFF"})
    EXPECT_EQ(parse_bool(text), false) << text;
  for (const char* text : {"", "2", "y", "enabled", " on", "on "})
    EXPECT_FALSE(parse_bool(text)) << text;
}

TEST(Value, Count) {
  EXPECT_EQ(parse_count("0"), 0U);
  EXPECT_EQ(parse_count("007"), 7U);
  EXPECT_EQ(parse_count("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  for (const char* text : {"", "abc", "-1", "+1", "1.5", "4k", " 4", "4 ", "0x10", "1e3"})
    EXPECT_EQ(parse_count(text).error().message,
              "'" + std::string(text) + "' is not a whole number");
  EXPECT_EQ(parse_count("18446744073709551616").error().message,
            "'18446744073709551616' is too large");
}

TEST(Value, BytesAreBinaryInEverySpelling) {
  EXPECT_EQ(parse_bytes("0"), 0U);
  EXPECT_EQ(parse_bytes("65536"), 65536U);
  EXPECT_EQ(parse_bytes("65536b"), 65536U);
  for (const char* text : {"64K", "64k", "64KB", "64kb", "64KiB", "64kib"})
    EXPECT_EQ(parse_bytes(text), 65536U) << text;
  EXPECT_EQ(parse_bytes("10MB"), 10U * 1024 * 1024);
  EXPECT_EQ(parse_bytes("1G"), 1024U * 1024 * 1024);
  EXPECT_EQ(parse_bytes("2T"), 2ULL * 1024 * 1024 * 1024 * 1024);
  for (const char* text : {"", "K", "64 K", "64X", "-1", "1.5G", "1KK", "0x10", "1Ki"})
    EXPECT_FALSE(parse_bytes(text)) << text;
}

TEST(Value, BytesDoNotOverflow) {
  EXPECT_EQ(parse_bytes("16777215T"), 16777215ULL << 40);
  EXPECT_EQ(parse_bytes("16777216T").error().message, "'16777216T' is too large");
  EXPECT_EQ(parse_bytes("99999999999999999999").error().message,
            "'99999999999999999999' is too large");
}

TEST(Value, DurationIsInSecondsWithoutAUnit) {
  EXPECT_EQ(parse_duration("0"), milliseconds(0));
  EXPECT_EQ(parse_duration("30"), milliseconds(30'000));
  EXPECT_EQ(parse_duration("30s"), milliseconds(30'000));
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("500MS"), milliseconds(500));
  EXPECT_EQ(parse_duration("5m"), milliseconds(300'000));
  EXPECT_EQ(parse_duration("2h"), milliseconds(7'200'000));
  for (const char* text : {"", "s", "5 s", "5x", "-1", "5min", "1s30", ".5", "1.", "1.s"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(Value, DurationHasDaysAndWeeks) {
  EXPECT_EQ(parse_duration("1d"), milliseconds(86'400'000));
  EXPECT_EQ(parse_duration("7D").value(), parse_duration("1w").value());
  EXPECT_EQ(parse_duration("2w").value(), parse_duration("336h").value());
  EXPECT_EQ(parse_duration("0.5d").value(), parse_duration("12h").value());
}

TEST(Value, DurationMayBeACompound) {
  EXPECT_EQ(parse_duration("1h30m"), milliseconds(5'400'000));
  EXPECT_EQ(parse_duration("1w2d3h4m5s6ms"), milliseconds(788'645'006));
  EXPECT_EQ(parse_duration("1m0.5s"), milliseconds(60'500));
  for (const char* text : {"1h30", "30m1h", "1h1h", "1h 30m", "1h-30m", "1hm", "1h30m.", "1d1x"})
    EXPECT_EQ(parse_duration(text).error().message,
              "'" + std::string(text) +
                  "' is not a duration (seconds, or like 500ms, 30s, 5m, 1h30m, 7d, 2w)");
}

TEST(Value, DurationMayHaveAFractionDownToAMillisecond) {
  EXPECT_EQ(parse_duration("0.5"), milliseconds(500));
  EXPECT_EQ(parse_duration("1.250s"), milliseconds(1250));
  EXPECT_EQ(parse_duration("0.001"), milliseconds(1));
  EXPECT_EQ(parse_duration("1.5m"), milliseconds(90'000));
  EXPECT_EQ(parse_duration("1.1250m"), milliseconds(67'500));
  EXPECT_EQ(parse_duration("0.0001m"), milliseconds(6));
  EXPECT_EQ(parse_duration("1.000000"), milliseconds(1000));
  for (const char* text : {"0.0001", "0.5ms", "0.0000001", "0.00001m"})
    EXPECT_EQ(parse_duration(text).error().message,
              "'" + std::string(text) + "' is finer than a millisecond");
}

TEST(Value, DurationDoesNotOverflow) {
  for (const char* text : {"9223372036854775807", "18446744073709551616", "99999999999999999h",
                           "9223372036854775s9223372036854775ms"})
    EXPECT_EQ(parse_duration(text).error().message, "'" + std::string(text) + "' is too large");
}

TEST(Value, BytesAreFormattedExactly) {
  EXPECT_EQ(format_bytes(0), "0");
  EXPECT_EQ(format_bytes(1000), "1000");
  EXPECT_EQ(format_bytes(1024), "1KiB");
  EXPECT_EQ(format_bytes(1536), "1536");
  EXPECT_EQ(format_bytes(1536 * 1024), "1536KiB");
  EXPECT_EQ(format_bytes(1ULL << 40), "1TiB");
  EXPECT_EQ(format_bytes(1ULL << 60), "1048576TiB");
}

TEST(Value, DurationsAreFormattedExactly) {
  EXPECT_EQ(format_duration(milliseconds(0)), "0s");
  EXPECT_EQ(format_duration(milliseconds(1500)), "1500ms");
  EXPECT_EQ(format_duration(milliseconds(60'000)), "60s");
  EXPECT_EQ(format_duration(milliseconds(90'000)), "90s");
  EXPECT_EQ(format_duration(milliseconds(120'000)), "2m");
  EXPECT_EQ(format_duration(milliseconds(3'600'000)), "60m");
  EXPECT_EQ(format_duration(milliseconds(24 * 3'600'000)), "24h");
  EXPECT_EQ(format_duration(milliseconds(7 * 24 * 3'600'000)), "7d");
  EXPECT_EQ(format_duration(milliseconds(49 * 3'600'000)), "49h");
}

TEST(Value, WhatIsFormattedIsReadBack) {
  for (const std::uint64_t number : {0ULL, 1ULL, 1000ULL, 4096ULL, 1536ULL << 20, ~0ULL})
    EXPECT_EQ(parse_bytes(format_bytes(number)), number);
  for (const int ms :
       {0, 1, 999, 1000, 61'000, 120'000, 3'600'000, 7'200'000, 86'400'000, 604'800'000})
    EXPECT_EQ(parse_duration(format_duration(milliseconds(ms))), milliseconds(ms));
}

}  // namespace
}  // namespace tusk::config
