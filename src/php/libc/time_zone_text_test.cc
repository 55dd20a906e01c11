// The texts that a TimeZone is made of. Whether its times are right is checked by
// time_zone_test.cc.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "php/libc/time_zone.h"

namespace tusk::php::libc {
namespace {

std::optional<long> seconds_of(std::string_view rules, std::time_t time = 0) {
  const std::optional<TimeZone> zone = TimeZone::of_rules(rules);
  if (!zone) return std::nullopt;
  return zone->at(time).seconds;
}

TEST(TimeZoneText, RulesCountToTheWest) {
  EXPECT_EQ(seconds_of("CET-1"), 3600);
  EXPECT_EQ(seconds_of("EST5"), -5 * 3600);
  EXPECT_EQ(seconds_of("EST+5"), -5 * 3600);
  EXPECT_EQ(seconds_of("IST-5:30"), 19800);
  EXPECT_EQ(seconds_of("XXX0:0:7"), -7);
  EXPECT_EQ(seconds_of("<+0330>-3:30"), 12600);
  EXPECT_EQ(seconds_of("XXX-167"), 167 * 3600) << "RFC 8536 allows a week";
}

TEST(TimeZoneText, SummerIsAnHourAheadUnlessTheRulesSayMore) {
  constexpr std::time_t kJuly = 1'720'000'000;  // 2024
  EXPECT_EQ(seconds_of("CET-1CEST,M3.5.0,M10.5.0/3", kJuly), 7200);
  EXPECT_EQ(seconds_of("LHST-10:30LHDT-11,M10.1.0,M4.1.0", kJuly), 37800) << "winter there";
  EXPECT_EQ(seconds_of("AAA0BBB-2,J1,J365/24", kJuly), 7200);
  EXPECT_EQ(seconds_of("AAA0BBB-2,0,365", kJuly), 7200);
}

TEST(TimeZoneText, RefusesWhatAreNoRules) {
  for (const std::string_view text : {"",
                                      "UTC",
                                      "AB1",
                                      "<+03-3",
                                      "CET-",
                                      "CET-168",
                                      "CET-1:60",
                                      "CET-1:0:60",
                                      "CET-1CEST,",
                                      "CET-1CEST,M3.5.0",
                                      "CET-1CEST,M3.5.0,",
                                      "CET-1CEST,M13.1.0,M10.5.0",
                                      "CET-1CEST,M0.1.0,M10.5.0",
                                      "CET-1CEST,M3.6.0,M10.5.0",
                                      "CET-1CEST,M3.0.0,M10.5.0",
                                      "CET-1CEST,M3.5.7,M10.5.0",
                                      "CET-1CEST,M3.5,M10.5.0",
                                      "CET-1CEST,J0,J365",
                                      "CET-1CEST,J1,J366",
                                      "CET-1CEST,0,366",
                                      "CET-1CEST,J1,J365,",
                                      "CET-1CEST,J1,J365x",
                                      "CET-99999999999999999999"}) {
    EXPECT_FALSE(TimeZone::of_rules(text)) << text;
  }
}

// A file of version 2 (RFC 8536 §3): an empty block of 32 bits, then one of 64.
struct File {
  std::vector<std::int64_t> changes;
  std::string offset_of_change;
  std::vector<std::int32_t> offsets = {0};
  std::string footer = "\nUTC0\n";

  static void append(std::string& out, std::uint64_t value, int bytes) {
    while (bytes-- > 0) out.push_back(static_cast<char>(value >> (8 * bytes)));
  }
  static void append_header(std::string& out, std::size_t changes, std::size_t offsets,
                            std::size_t characters) {
    out += "TZif2" + std::string(15, '\0');
    for (const std::size_t count :
         {std::size_t{0}, std::size_t{0}, std::size_t{0}, changes, offsets, characters}) {
      append(out, count, 4);
    }
  }
  std::string text() const {
    std::string out;
    append_header(out, 0, 0, 0);
    append_header(out, changes.size(), offsets.size(), 4);
    for (const std::int64_t change : changes) append(out, static_cast<std::uint64_t>(change), 8);
    out += offset_of_change;
    for (const std::int32_t offset : offsets) {
      append(out, static_cast<std::uint32_t>(offset), 4);
      out += std::string(2, '\0');
    }
    return out + std::string("ABC\0", 4) + footer;
  }
};

TEST(TimeZoneText, ReadsAFile) {
  File file;
  file.changes = {1000, 2000};
  file.offset_of_change = std::string("\1\0", 2);
  file.offsets = {0, -3600};
  const std::optional<TimeZone> zone = TimeZone::of_file(file.text());
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone->at(999).seconds, 0);
  EXPECT_EQ(zone->at(1000).seconds, -3600);
  EXPECT_EQ(zone->at(1000).name, "ABC");
  EXPECT_EQ(zone->at(2000).seconds, 0);
}

TEST(TimeZoneText, TheFootersRulesAreForTheTimeAfterTheLastChange) {
  File file;
  file.changes = {1000};
  file.offset_of_change = std::string(1, '\0');
  file.footer = "\nXXX-2\n";
  const std::optional<TimeZone> zone = TimeZone::of_file(file.text());
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone->at(1'700'000'000).seconds, 7200);
}

TEST(TimeZoneText, RefusesABrokenFile) {
  File good;
  good.changes = {1000, 2000};
  good.offset_of_change = std::string("\1\0", 2);
  good.offsets = {0, -3600};
  const std::string text = good.text();
  ASSERT_TRUE(TimeZone::of_file(text));
  const std::size_t end = text.size() - good.footer.size();
  for (std::size_t length = 0; length < end; ++length) {
    EXPECT_FALSE(TimeZone::of_file(std::string_view(text).substr(0, length))) << length;
  }
  File unsorted = good;
  unsorted.changes = {2000, 1000};
  EXPECT_FALSE(TimeZone::of_file(unsorted.text()));
  File no_such_offset = good;
  no_such_offset.offset_of_change = std::string("\1\2", 2);
  EXPECT_FALSE(TimeZone::of_file(no_such_offset.text()));
  File no_offsets;
  no_offsets.offsets.clear();
  EXPECT_FALSE(TimeZone::of_file(no_offsets.text()));
  std::string first_version = text;
  first_version[4] = '\0';
  EXPECT_FALSE(TimeZone::of_file(first_version));
  std::string other = text;
  other[0] = 'X';
  EXPECT_FALSE(TimeZone::of_file(other));
}

}  // namespace
}  // namespace tusk::php::libc
