#include "http/date.h"

#include <array>
#include <ctime>
#include <string>

#include <gtest/gtest.h>

namespace tusk::http {
namespace {

std::string formatted(std::int64_t seconds) {
  std::array<char, kDateBytes> out;
  return std::string(format_date(seconds, out));
}

TEST(Date, Formats) {
  EXPECT_EQ(formatted(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(formatted(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(formatted(951827696), "Tue, 29 Feb 2000 12:34:56 GMT");
  EXPECT_EQ(formatted(4107542399), "Sun, 28 Feb 2100 23:59:59 GMT");
  EXPECT_EQ(formatted(4107542400), "Mon, 01 Mar 2100 00:00:00 GMT");
  EXPECT_EQ(formatted(-1), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(formatted(INT64_MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(formatted(INT64_MIN), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(Date, AgreesWithTheLibraryAndReadsItself) {
  for (std::int64_t seconds = 0; seconds < 253402300799; seconds += 86400 * 11 + 3607) {
    const std::time_t time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    gmtime_r(&time, &parts);
    char expected[64];
    std::strftime(expected, sizeof expected, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    const std::string text = formatted(seconds);
    ASSERT_EQ(text, expected);
    ASSERT_EQ(parse_date(text, 0), seconds);
  }
}

TEST(Date, ReadsAllThreeForms) {
  constexpr std::int64_t kNow = 1'700'000'000;  // 2023
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT", kNow), 784111777);
  EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT", kNow), 784111777);
  EXPECT_EQ(parse_date("Sun Nov  6 08:49:37 1994", kNow), 784111777);
  EXPECT_EQ(parse_date("Wed Nov 16 08:49:37 1994", kNow), 784975777);
  EXPECT_EQ(parse_date(" Sun, 06 Nov 1994 08:49:37 GMT\t", kNow), 784111777);
  EXPECT_EQ(parse_date("Sat, 31 Dec 2016 23:59:60 GMT", kNow), 1483228800);  // a leap second
  EXPECT_EQ(parse_date("Mon, 06 Nov 1994 08:49:37 GMT", kNow), 784111777);   // wrong day name
}

TEST(Date, PlacesTwoDigitYears) {
  constexpr std::int64_t kNow = 1'700'000'000;  // 2023
  const auto year_of = [&](const char* digits, std::int64_t now) {
    const auto seconds = parse_date("Sunday, 06-Nov-" + std::string(digits) + " 08:49:37 GMT", now);
    return formatted(seconds.value()).substr(12, 4);
  };
  EXPECT_EQ(year_of("23", kNow), "2023");
  EXPECT_EQ(year_of("73", kNow), "2073");
  EXPECT_EQ(year_of("74", kNow), "1974");
  EXPECT_EQ(year_of("99", kNow), "1999");
  EXPECT_EQ(year_of("00", kNow), "2000");
  EXPECT_EQ(year_of("10", 3'786'912'000), "2110");  // in 2090
}

TEST(Date, Refuses) {
  const char* bad[] = {
      "",
      "Sun",
      "0",
      "784111777",
      "Sun, 6 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 08:49:37",
      "Sun, 06 Nov 1994 08:49:37 UTC",
      "Sun, 06 Nov 1994 08:49:37 GMT x",
      "Sun, 06 Nov 1994 24:00:00 GMT",
      "Sun, 06 Nov 1994 08:60:00 GMT",
      "Sun, 06 Nov 1994 08:49:61 GMT",
      "Sun, 31 Nov 1994 08:49:37 GMT",
      "Sun, 29 Feb 1900 08:49:37 GMT",
      "Sun, 00 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nox 1994 08:49:37 GMT",
      "Sun, 06 anF 1994 08:49:37 GMT",
      "sun, 06 nov 1994 08:49:37 gmt",
      "Sunday, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06-Nov-94 08:49:37 GMT",
      "Sun Nov 6 08:49:37 1994",
      "Sun Nov  6 08:49:37 1994 GMT",
      "Sun, 06 Nov 0000 08:49:37 GMT",
  };
  for (const char* text : bad) EXPECT_FALSE(parse_date(text, 1'700'000'000).has_value()) << text;
}

}  // namespace
}  // namespace tusk::http
