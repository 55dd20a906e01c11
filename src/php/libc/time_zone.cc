#include "php/libc/time_zone.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace tusk::php::libc {

namespace {

constexpr long kDay = 24 * 60 * 60;
constexpr std::size_t kLargestFile = std::size_t{1024} * 1024;
constexpr const char* kDirectory = "/usr/share/zoneinfo/";
constexpr const char* kOfTheSystem = "/etc/localtime";

std::optional<TimeZone> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content(kLargestFile, '\0');
  if (!file.read(content.data(), static_cast<std::streamsize>(content.size())) && !file.eof()) {
    return std::nullopt;
  }
  content.resize(static_cast<std::size_t>(file.gcount()));
  return TimeZone::of_file(content);
}

std::time_t first_of(long year, int month) {
  std::tm parts{};
  parts.tm_year = static_cast<int>(year - 1900);
  parts.tm_mon = month;
  parts.tm_mday = 1;
  return ::timegm(&parts);
}

}  // namespace

TimeZone TimeZone::of_variable(const char* value) {
  std::optional<TimeZone> zone;
  if (value == nullptr) {
    zone = read_file(kOfTheSystem);
  } else {
    std::string_view name(value);
    if (name.starts_with(':')) name.remove_prefix(1);
    if (!name.empty()) zone = read_file((name[0] == '/' ? "" : kDirectory) + std::string(name));
    if (!zone && !name.empty()) zone = of_rules(name);
  }
  if (zone) return *zone;
  TimeZone utc;
  utc.offsets_.emplace_back();
  return utc;
}

std::time_t TimeZone::Change::in_year(long year) const {
  const std::time_t first = first_of(year, 0);
  const bool leap = (first_of(year + 1, 0) - first) / kDay == 366;
  if (kind == Kind::kDayOfYear) return first + day * kDay + seconds;
  if (kind == Kind::kDayWithoutLeapDay) {
    return first + (day - 1 + (leap && day >= 60 ? 1 : 0)) * kDay + seconds;
  }
  const std::time_t begin = first_of(year, month - 1);
  const std::time_t next = first_of(month == 12 ? year + 1 : year, month % 12);
  const long weekday = ((begin / kDay + 4) % 7 + 7) % 7;  // 1 January 1970 was a Thursday
  std::time_t at = begin + ((day - weekday + 7) % 7 + (week - 1) * 7) * kDay;
  if (at >= next) at -= 7 * kDay;  // the last week, where there is no fifth
  return at + seconds;
}

const TimeZone::Offset& TimeZone::Rules::at(std::time_t time) const {
  if (!summer) return usual;
  const std::time_t local = time + usual.seconds;
  std::tm parts{};
  if (::gmtime_r(&local, &parts) == nullptr) return usual;
  const long year = parts.tm_year + 1900L;
  const std::time_t from = begin.in_year(year) - usual.seconds;
  const std::time_t to = end.in_year(year) - summer->seconds;
  const bool in_summer = from < to ? time >= from && time < to : time >= from || time < to;
  return in_summer ? *summer : usual;
}

const TimeZone::Offset& TimeZone::before_first() const {
  const auto found = std::ranges::find(offsets_, false, &Offset::summer);
  return found != offsets_.end() ? *found : offsets_.front();
}

const TimeZone::Offset& TimeZone::at(std::time_t time) const {
  if (changes_.empty() || time >= changes_.back()) {
    if (rules_) return rules_->at(time);
    return changes_.empty() ? offsets_.front() : offsets_[offset_of_change_.back()];
  }
  const auto next = std::ranges::upper_bound(changes_, time);
  if (next == changes_.begin()) return before_first();
  return offsets_[offset_of_change_[static_cast<std::size_t>(next - changes_.begin() - 1)]];
}

std::tm* TimeZone::local(std::time_t time, std::tm* parts) const {
  const Offset& offset = at(time);
  const std::time_t shifted = time + offset.seconds;
  if (::gmtime_r(&shifted, parts) == nullptr) return nullptr;
  parts->tm_isdst = offset.summer ? 1 : 0;
  parts->tm_gmtoff = offset.seconds;
  parts->tm_zone = offset.name.c_str();
  return parts;
}

// For a caller that says it is summer when it is not, or the reverse: the offset that would apply.
std::optional<long> TimeZone::seconds_near(std::time_t time, bool summer) const {
  constexpr long kStep = 7 * kDay;
  constexpr int kSteps = 80;  // more than a year and a half
  for (int i = 1; i <= kSteps; ++i) {
    for (const std::time_t there : {time - i * kStep, time + i * kStep}) {
      if (const Offset& offset = at(there); offset.summer == summer) return offset.seconds;
    }
  }
  return std::nullopt;
}

std::time_t TimeZone::make(std::tm* parts) const {
  std::tm copy = *parts;
  const std::time_t wanted = ::timegm(&copy);
  // In an hour that occurs twice it is the first one, unless tm_isdst says otherwise.
  std::time_t time = wanted - at(wanted - kDay).seconds;
  if (time + at(time).seconds != wanted) {
    const std::time_t later = wanted - at(wanted + kDay).seconds;
    if (later + at(later).seconds == wanted) time = later;
  }
  if (parts->tm_isdst >= 0 && at(time).summer != (parts->tm_isdst > 0)) {
    const auto seconds = seconds_near(time, parts->tm_isdst > 0);
    if (seconds) time = wanted - *seconds;
  }
  return local(time, parts) == nullptr ? -1 : time;
}

}  // namespace tusk::php::libc
