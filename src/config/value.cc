#include "config/value.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>
#include <optional>

namespace tusk::config {
namespace {

struct Unit {
  std::string_view suffix;
  std::uint64_t factor;
};

constexpr std::uint64_t kKi = 1024;
constexpr std::uint64_t kMi = 1024 * kKi;
constexpr std::uint64_t kGi = 1024 * kMi;
constexpr std::uint64_t kTi = 1024 * kGi;
constexpr Unit kByteUnits[] = {
    {"", 1},    {"b", 1},                   //
    {"k", kKi}, {"kb", kKi}, {"kib", kKi},  //
    {"m", kMi}, {"mb", kMi}, {"mib", kMi},  //
    {"g", kGi}, {"gb", kGi}, {"gib", kGi},  //
    {"t", kTi}, {"tb", kTi}, {"tib", kTi},
};
constexpr std::uint64_t kSecond = 1000;
constexpr std::uint64_t kHour = 3600 * kSecond;
constexpr Unit kDurationUnits[] = {
    {"", kSecond}, {"ms", 1},         {"s", kSecond},        {"m", 60 * kSecond},
    {"h", kHour},  {"d", 24 * kHour}, {"w", 7 * 24 * kHour},
};
// The largest number of milliseconds; the sum of a few still fits into the type.
constexpr std::uint64_t kMaxDurationMs = std::numeric_limits<std::int64_t>::max() / 1000;

template <std::size_t kSize>
std::optional<std::uint64_t> factor_of(const Unit (&units)[kSize], std::string_view suffix) {
  const auto found = std::ranges::find(units, lower(suffix), &Unit::suffix);
  if (found == std::end(units)) return std::nullopt;
  return found->factor;
}

// Takes the digits off the start of `text`.
enum class Digits { kNone, kRead, kTooLarge };
Digits take_digits(std::string_view& text, std::uint64_t& number) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::invalid_argument) return Digits::kNone;
  if (error == std::errc::result_out_of_range) return Digits::kTooLarge;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return Digits::kRead;
}

// Takes a fraction such as ".25" off the start of `text`.
std::string_view take_fraction(std::string_view& text) {
  if (!text.starts_with('.')) return {};
  const std::size_t end = std::min(text.find_first_not_of("0123456789", 1), text.size());
  const std::string_view fraction = text.substr(0, end);
  text.remove_prefix(end);
  return fraction;
}

constexpr std::string_view kNotADuration =
    " is not a duration (seconds, or like 500ms, 30s, 5m, 1h30m, 7d, 2w)";

// One part of a duration: "30m" in "1h30m".
struct DurationPart {
  std::uint64_t milliseconds = 0;
  std::uint64_t unit = 0;  // in milliseconds
  bool has_unit = false;
};

// Takes one part off the start of `text`. The error message continues the quoted text.
base::Result<DurationPart> take_duration_part(std::string_view& text) {
  std::uint64_t whole = 0;
  const Digits digits = take_digits(text, whole);
  if (digits == Digits::kTooLarge) return base::fail(" is too large");
  if (digits == Digits::kNone) return base::fail(std::string(kNotADuration));
  const std::string_view fraction = take_fraction(text);
  const std::string_view suffix = text.substr(0, text.find_first_of("0123456789."));
  const auto factor = factor_of(kDurationUnits, suffix);
  if (!factor || fraction == ".") return base::fail(std::string(kNotADuration));
  text.remove_prefix(suffix.size());
  if (whole > kMaxDurationMs / *factor) return base::fail(" is too large");

  DurationPart part{.milliseconds = whole * *factor, .unit = *factor, .has_unit = !suffix.empty()};
  std::uint64_t place = *factor;
  for (const char digit : fraction.substr(fraction.empty() ? 0 : 1)) {
    const std::uint64_t value = static_cast<std::uint64_t>(digit - '0');
    if (value != 0 && (place < 10 || place % 10 != 0))
      return base::fail(" is finer than a millisecond");
    place /= 10;
    part.milliseconds += value * place;
  }
  return part;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

base::Result<bool> parse_bool(std::string_view text) {
  const std::string word = lower(text);
  if (word == "1" || word == "true" || word == "on" || word == "yes") return true;
  if (word == "0" || word == "false" || word == "off" || word == "no") return false;
  return base::fail(quoted(text) + " is neither on nor off (1, true, yes; 0, false, no)");
}

base::Result<std::uint64_t> parse_count(std::string_view text) {
  std::string_view rest = text;
  std::uint64_t number = 0;
  const Digits digits = take_digits(rest, number);
  if (digits == Digits::kTooLarge) return base::fail(quoted(text) + " is too large");
  if (digits == Digits::kNone || !rest.empty())
    return base::fail(quoted(text) + " is not a whole number");
  return number;
}

base::Result<std::uint64_t> parse_bytes(std::string_view text) {
  std::string_view rest = text;
  std::uint64_t number = 0;
  const Digits digits = take_digits(rest, number);
  const auto factor = factor_of(kByteUnits, rest);
  if (digits == Digits::kTooLarge) return base::fail(quoted(text) + " is too large");
  if (digits == Digits::kNone || !factor)
    return base::fail(quoted(text) + " is not a size (bytes, or like 64K, 10MiB, 1G)");
  if (number > std::numeric_limits<std::uint64_t>::max() / *factor)
    return base::fail(quoted(text) + " is too large");
  return number * *factor;
}

base::Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::string_view rest = text;
  std::uint64_t total = 0;
  std::uint64_t unit = std::numeric_limits<std::uint64_t>::max();
  do {
    const bool first = rest.size() == text.size();
    const base::Result<DurationPart> part = take_duration_part(rest);
    if (!part) return base::fail(quoted(text) + part.error().message);
    // 1h30m is valid; 30m1h and 1h30 are not, because their meaning would be a guess.
    if (part->unit >= unit || (!first && !part->has_unit))
      return base::fail(quoted(text) + std::string(kNotADuration));
    if (part->milliseconds > kMaxDurationMs - total)
      return base::fail(quoted(text) + " is too large");
    total += part->milliseconds;
    unit = part->unit;
  } while (!rest.empty());
  return std::chrono::milliseconds(static_cast<std::int64_t>(total));
}

base::Result<std::uint64_t> parse_ratio(std::string_view text) {
  constexpr std::size_t kDigits = 6;
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  std::string fraction(text.substr(std::min(point + 1, text.size())));
  while (fraction.size() > kDigits && fraction.ends_with('0')) fraction.pop_back();
  const auto digits = [](std::string_view part) {
    return std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
  };
  const bool number = digits(whole) && digits(fraction) && whole.size() + fraction.size() > 0;
  if (!number) return base::fail(quoted(text) + " is not a number from 0 to 1, such as 0.1");
  if (fraction.size() > kDigits) return base::fail(quoted(text) + " has more than six decimals");
  fraction.append(kDigits - fraction.size(), '0');
  const std::size_t zeros = std::min(whole.find_first_not_of('0'), whole.size());
  const std::string_view significant = whole.substr(zeros);
  const std::uint64_t millionths = std::stoull(fraction);
  const bool one = significant == "1" && millionths == 0;
  if (!significant.empty() && !one) return base::fail(quoted(text) + " is more than 1");
  return one ? 1'000'000 : millionths;
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::string_view kSuffixes[] = {"", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (bytes != 0 && bytes % kKi == 0 && unit + 1 < std::size(kSuffixes)) {
    bytes /= kKi;
    ++unit;
  }
  return std::to_string(bytes) + std::string(kSuffixes[unit]);
}

std::string format_ratio(std::uint64_t millionths) {
  if (millionths >= 1'000'000) return "1";
  std::string digits = std::to_string(millionths);
  digits.insert(0, 6 - digits.size(), '0');
  while (digits.ends_with('0')) digits.pop_back();
  return digits.empty() ? "0" : "0." + digits;
}

std::string format_duration(std::chrono::milliseconds duration) {
  const std::int64_t ms = duration.count();
  if (ms % 1000 != 0) return std::to_string(ms) + "ms";
  const std::int64_t seconds = ms / 1000;
  if (seconds >= 2 * 86400 && seconds % 86400 == 0) return std::to_string(seconds / 86400) + "d";
  if (seconds >= 7200 && seconds % 3600 == 0) return std::to_string(seconds / 3600) + "h";
  if (seconds >= 120 && seconds % 60 == 0) return std::to_string(seconds / 60) + "m";
  return std::to_string(seconds) + "s";
}

}  // namespace tusk::config
