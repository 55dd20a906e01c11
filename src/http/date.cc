#include "http/date.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "http/token.h"

namespace tusk::http {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::int64_t kSecondsPerDay = 86400;
constexpr std::int64_t kLastSecond = 253402300799;  // 9999-12-31 23:59:59

struct Civil {
  int year = 1970;
  int month = 1;  // 1..12
  int day = 1;    // 1..31
};

// The next two conversions are Howard Hinnant's days_from_civil and civil_from_days, for years from
// 1 on.
constexpr std::int64_t days_from_civil(Civil date) {
  const int y = date.month <= 2 ? date.year - 1 : date.year;
  const int era = y / 400;
  const int year_of_era = y - era * 400;
  const int day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return static_cast<std::int64_t>(era) * 146097 + day_of_era - 719468;
}

constexpr Civil civil_from_days(std::int64_t days) {
  const std::int64_t z = days + 719468;
  const int era = static_cast<int>(z / 146097);
  const int day_of_era = static_cast<int>(z % 146097);
  const int year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int shifted = (5 * day_of_year + 2) / 153;
  Civil date;
  date.month = shifted < 10 ? shifted + 3 : shifted - 9;
  date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
  date.day = day_of_year - (153 * shifted + 2) / 5 + 1;
  return date;
}

static_assert(days_from_civil({1970, 1, 1}) == 0);
static_assert(days_from_civil({2000, 2, 29}) == 11016);
static_assert(civil_from_days(11016).day == 29);

constexpr int days_in_month(int year, int month) {
  constexpr std::array<int, 12> kDaysIn = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : kDaysIn[static_cast<std::size_t>(month - 1)];
}

void put_digits(char* out, int digits, int number) {
  for (int i = digits - 1; i >= 0; --i, number /= 10) out[i] = static_cast<char>('0' + number % 10);
}

enum class DayName : std::uint8_t { kShort, kFull };  // "Sun", "Sunday"

// Reads a date from its beginning; after a failure everything else fails too.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at_end() const { return good_ && text_.empty(); }
  bool good() const { return good_; }
  void fail() { good_ = false; }

  bool accept(std::string_view literal) {
    if (!good_ || !text_.starts_with(literal)) return false;
    text_.remove_prefix(literal.size());
    return true;
  }
  void expect(std::string_view literal) {
    if (!accept(literal)) fail();
  }

  int digits(std::size_t count) {
    if (!good_ || text_.size() < count) return fail(), 0;
    int number = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!is_digit(text_[i])) return fail(), 0;
      number = number * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(count);
    return number;
  }

  int month() {
    if (!good_ || text_.size() < 3) return fail(), 1;
    const std::size_t at = kMonths.find(text_.substr(0, 3));
    if (at == std::string_view::npos || at % 3 != 0) return fail(), 1;
    text_.remove_prefix(3);
    return static_cast<int>(at / 3) + 1;
  }

  // Skips the name of a day, in full or its first three letters. Like other servers, it does not
  // check that it is the right day.
  bool day_name(DayName form) {
    for (const std::string_view day : kDays) {
      if (accept(form == DayName::kFull ? day : day.substr(0, 3))) return true;
    }
    return false;
  }

  std::int64_t time_of_day() {
    const int hour = digits(2);
    expect(":");
    const int minute = digits(2);
    expect(":");
    const int second = digits(2);
    if (hour > 23 || minute > 59 || second > 60) fail();
    return hour * 3600 + minute * 60 + second;
  }

 private:
  std::string_view text_;
  bool good_ = true;
};

std::optional<std::int64_t> to_seconds(const Reader& reader, Civil date, std::int64_t time) {
  if (!reader.at_end() || date.year < 1 || date.day < 1) return std::nullopt;
  if (date.day > days_in_month(date.year, date.month)) return std::nullopt;
  return days_from_civil(date) * kSecondsPerDay + time;
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<std::int64_t> parse_imf_fixdate(Reader reader) {
  Civil date;
  if (!reader.day_name(DayName::kShort)) return std::nullopt;
  reader.expect(", ");
  date.day = reader.digits(2);
  reader.expect(" ");
  date.month = reader.month();
  reader.expect(" ");
  date.year = reader.digits(4);
  reader.expect(" ");
  const std::int64_t time = reader.time_of_day();
  reader.expect(" GMT");
  return to_seconds(reader, date, time);
}

// "Sunday, 06-Nov-94 08:49:37 GMT"
std::optional<std::int64_t> parse_rfc850_date(Reader reader, std::int64_t now) {
  Civil date;
  if (!reader.day_name(DayName::kFull)) return std::nullopt;
  reader.expect(", ");
  date.day = reader.digits(2);
  reader.expect("-");
  date.month = reader.month();
  reader.expect("-");
  const int two_digits = reader.digits(2);
  reader.expect(" ");
  const std::int64_t time = reader.time_of_day();
  reader.expect(" GMT");
  // "more than 50 years in the future ... the most recent year in the past that had the same last
  // two digits"
  const int this_year =
      civil_from_days(std::clamp<std::int64_t>(now, 0, kLastSecond) / kSecondsPerDay).year;
  date.year = this_year - this_year % 100 + two_digits;
  if (date.year > this_year + 50) date.year -= 100;
  if (date.year <= this_year - 50) date.year += 100;
  return to_seconds(reader, date, time);
}

// "Sun Nov  6 08:49:37 1994"
std::optional<std::int64_t> parse_asctime_date(Reader reader) {
  Civil date;
  if (!reader.day_name(DayName::kShort)) return std::nullopt;
  reader.expect(" ");
  date.month = reader.month();
  reader.expect(" ");
  date.day = reader.accept(" ") ? reader.digits(1) : reader.digits(2);
  reader.expect(" ");
  const std::int64_t time = reader.time_of_day();
  reader.expect(" ");
  date.year = reader.digits(4);
  return to_seconds(reader, date, time);
}

}  // namespace

std::string_view format_date(std::int64_t unix_seconds, std::span<char, kDateBytes> out) {
  const std::int64_t seconds = std::clamp<std::int64_t>(unix_seconds, 0, kLastSecond);
  const std::int64_t days = seconds / kSecondsPerDay;
  const int time = static_cast<int>(seconds % kSecondsPerDay);
  const Civil date = civil_from_days(days);
  char* at = out.data();
  std::memcpy(at, "Day, dd Mon yyyy hh:mm:ss GMT", kDateBytes);
  std::memcpy(at, kDays[static_cast<std::size_t>((days + 4) % 7)].data(), 3);
  put_digits(at + 5, 2, date.day);
  std::memcpy(at + 8, kMonths.data() + 3 * (date.month - 1), 3);
  put_digits(at + 12, 4, date.year);
  put_digits(at + 17, 2, time / 3600);
  put_digits(at + 20, 2, time / 60 % 60);
  put_digits(at + 23, 2, time % 60);
  return {out.data(), out.size()};
}

std::optional<std::int64_t> parse_date(std::string_view text, std::int64_t now) {
  const Reader reader(trim_ows(text));
  if (const auto seconds = parse_imf_fixdate(reader)) return seconds;
  if (const auto seconds = parse_rfc850_date(reader, now)) return seconds;
  return parse_asctime_date(reader);
}

}  // namespace tusk::http
