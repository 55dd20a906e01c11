#include "php/libc/time_zone.h"

#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace tusk::php::libc {
namespace {

// libc is the reference: zones by name, zones by rules, and invalid ones.
constexpr const char* kZones[] = {"Europe/Berlin",
                                  "America/New_York",
                                  "Asia/Kolkata",
                                  "Australia/Lord_Howe",
                                  "America/St_Johns",
                                  "Africa/Casablanca",
                                  "Europe/Dublin",
                                  "Pacific/Apia",
                                  "Antarctica/Troll",
                                  "America/Sao_Paulo",
                                  "UTC",
                                  ":Asia/Tokyo",
                                  "",
                                  "CET-1CEST,M3.5.0,M10.5.0/3",
                                  "EST5EDT",
                                  "EST5EDT,M3.2.0,M11.1.0",
                                  "<+0330>-3:30",
                                  "NZST-12NZDT,M9.5.0,M4.1.0/3",
                                  "XXX3YYY,J60,J300",
                                  "AAA-2BBB,59,299/1:30",
                                  "No/Such_Zone",
                                  "Nonsense!",
                                  "/nowhere",
                                  "IST-2IDT,M3.4.4/26,M10.5.0"};

std::vector<std::time_t> times() {
  std::mt19937_64 random(42);
  std::uniform_int_distribution<std::time_t> any(-2'000'000'000, 4'000'000'000);
  std::vector<std::time_t> times = {0, 1, -1, 1'000'000'000, 1'719'835'200, 1'733'054'400};
  for (int i = 0; i < 3000; ++i) times.push_back(any(random));
  return times;
}

class TimeZoneTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    ::setenv("TZ", GetParam(), 1);
    ::tzset();
  }
  void TearDown() override {
    ::unsetenv("TZ");
    ::tzset();
  }
};

TEST_P(TimeZoneTest, LocalTimeIsLibcs) {
  const TimeZone zone = TimeZone::of_variable(GetParam());
  // libc knows no year before 1970 for zones without a file (compute_change() in time/tzset.c).
  const bool rules = std::string_view(GetParam()).find(',') != std::string_view::npos;
  for (const std::time_t time : times()) {
    std::tm ours{};
    std::tm libcs{};
    if (rules && time < 366 * 24 * 60 * 60) continue;
    ASSERT_NE(zone.local(time, &ours), nullptr);
    ::localtime_r(&time, &libcs);
    EXPECT_EQ(ours.tm_gmtoff, libcs.tm_gmtoff) << time;
    EXPECT_EQ(ours.tm_isdst, libcs.tm_isdst) << time;
    EXPECT_EQ(ours.tm_hour, libcs.tm_hour) << time;
    EXPECT_EQ(ours.tm_yday, libcs.tm_yday) << time;
    if (std::string_view(GetParam()).find("ons") == std::string_view::npos &&
        std::string_view(GetParam()).find("/no") == std::string_view::npos &&
        std::string_view(GetParam()).find("No/") == std::string_view::npos) {
      EXPECT_STREQ(ours.tm_zone, *GetParam() == '\0' ? "UTC" : libcs.tm_zone) << time;
    }
  }
}

// The result may be another time with the same name, in an hour that occurs twice.
TEST_P(TimeZoneTest, MakeTurnsItBack) {
  const TimeZone zone = TimeZone::of_variable(GetParam());
  for (const std::time_t time : times()) {
    std::tm parts{};
    zone.local(time, &parts);
    std::tm again = parts;
    const std::time_t made = zone.make(&again);
    if (zone.at(made).seconds == zone.at(time).seconds) {
      EXPECT_EQ(made, time);
    } else {
      EXPECT_EQ(again.tm_hour, parts.tm_hour) << time;
      EXPECT_EQ(again.tm_mday, parts.tm_mday) << time;
      EXPECT_EQ(again.tm_isdst, parts.tm_isdst) << time;
    }
  }
}

// Without tm_isdst and with a wrong one: the same as libc, except in the hours around a change.
TEST_P(TimeZoneTest, MakeIsLibcs) {
  const TimeZone zone = TimeZone::of_variable(GetParam());
  for (const std::time_t time : times()) {
    std::tm near{};
    constexpr std::time_t kNear = 36 * 60 * 60;
    if (time < 0 || zone.at(time - kNear).seconds != zone.at(time + kNear).seconds) continue;
    for (const int summer : {-1, 0}) {
      zone.local(time, &near);
      near.tm_isdst = summer;
      near.tm_mday += 40;  // out of its range
      std::tm ours = near;
      std::tm libcs = near;
      const std::time_t theirs = ::mktime(&libcs);
      if (zone.at(theirs - kNear).seconds != zone.at(theirs + kNear).seconds) continue;
      EXPECT_EQ(zone.make(&ours), theirs) << time << " " << summer;
      EXPECT_EQ(ours.tm_hour, libcs.tm_hour);
      EXPECT_EQ(ours.tm_isdst, libcs.tm_isdst);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Zones, TimeZoneTest, testing::ValuesIn(kZones));

TEST(TimeZoneFileTest, BrokenFilesAreNone) {
  EXPECT_FALSE(TimeZone::of_file(""));
  EXPECT_FALSE(TimeZone::of_file("TZif2"));
  EXPECT_FALSE(TimeZone::of_file(std::string(200, '\xff')));
  std::string file = "TZif2" + std::string(39, '\0') + "TZif2" + std::string(39, '\xff');
  EXPECT_FALSE(TimeZone::of_file(file));
}

TEST(TimeZoneRulesTest, NonsenseIsNone) {
  for (const char* const text :
       {"", "A", "AB3", "ABC", "ABC-", "ABC3DEF,", "ABC3DEF,M1.1.1", "ABC3DEF,M13.1.1,M1.1.1",
        "ABC3DEF,M1.0.1,M1.1.1", "ABC3DEF,J0,J1", "<ABC3", "ABC999", "ABC3DEFG,M1.1.1,M2.1.1x"}) {
    EXPECT_FALSE(TimeZone::of_rules(text)) << text;
  }
}

}  // namespace
}  // namespace tusk::php::libc
