// TimeZone: the meaning of TZ (POSIX, "Other Environment Variables"; tzset(3)): the name of a file
// of the time zone database (RFC 8536), or the rules themselves, "CET-1CEST,M3.5.0,M10.5.0/3".
//
// Thread: any; it is immutable.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tusk::php::libc {

struct TimeZoneOffset {
  long seconds = 0;  // east of Greenwich
  bool summer = false;
  std::string name = "UTC";
};

// libc has one time zone for the process. This class is for threads whose script has set TZ
// (php/libc/calendar_time.cc). An invalid value means UTC, as it does to libc.
class TimeZone {
 public:
  using Offset = TimeZoneOffset;

  // Parses a value of TZ. Null: TZ is not set.
  static TimeZone of_variable(const char* value);
  // Parses the content of a file. None: it is not a time zone file.
  static std::optional<TimeZone> of_file(std::string_view content);
  static std::optional<TimeZone> of_rules(std::string_view text);

  const Offset& at(std::time_t time) const;
  // These do what localtime_r() and mktime() do. Names in their results are valid as long as this
  // object.
  std::tm* local(std::time_t time, std::tm* parts) const;
  std::time_t make(std::tm* parts) const;

 private:
  // A day of the year, and a time on it.
  struct Change {
    enum class Kind { kDayOfYear, kDayWithoutLeapDay, kDayOfMonth } kind;
    int month = 0, week = 0, day = 0;
    long seconds = 2 * 60 * 60;
    std::time_t in_year(long year) const;  // as if it were UTC
  };
  struct Rules {
    Offset usual;
    std::optional<Offset> summer;
    Change begin{Change::Kind::kDayOfMonth, 3, 2, 0};
    Change end{Change::Kind::kDayOfMonth, 11, 1, 0};
    const Offset& at(std::time_t time) const;
  };
  class RulesText;
  class FileText;

  const Offset& before_first() const;
  std::optional<long> seconds_near(std::time_t time, bool summer) const;

  std::vector<std::time_t> changes_;
  std::vector<std::uint8_t> offset_of_change_;
  std::vector<Offset> offsets_;
  std::optional<Rules> rules_;  // for the time after the last change
};

}  // namespace tusk::php::libc
