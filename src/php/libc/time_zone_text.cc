// The text forms of a TimeZone: the rules of POSIX, and files of the time zone database (RFC 8536).

#include <algorithm>
#include <cctype>

#include "php/libc/time_zone.h"

namespace tusk::php::libc {

// Reads from left to right. failed() is true once something expected was missing.
class TimeZone::RulesText {
 public:
  explicit RulesText(std::string_view text) : rest_(text) {}

  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }
  bool next_is(char c) const { return rest_.starts_with(c); }
  bool take(char c) {
    if (!next_is(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Parses "CET" or "<+03>".
  std::string name() {
    if (take('<')) {
      const std::size_t end = rest_.find('>');
      return end == std::string_view::npos ? fail("") : taken(end, 1);
    }
    const auto end =
        std::ranges::find_if_not(rest_, [](unsigned char c) { return std::isalpha(c) != 0; });
    const auto length = static_cast<std::size_t>(end - rest_.begin());
    return length < 3 ? fail("") : taken(length, 0);
  }

  long number(long largest) {
    long value = 0;
    std::size_t digits = 0;
    while (digits < rest_.size() && std::isdigit(static_cast<unsigned char>(rest_[digits])) != 0) {
      value = value * 10 + (rest_[digits] - '0');
      if (++digits > 4) break;
    }
    if (digits == 0 || value > largest) return fail(0L);
    rest_.remove_prefix(digits);
    return value;
  }

  // Parses "[+-]hh[:mm[:ss]]".
  long seconds() {
    const bool negative = take('-');
    if (!negative) take('+');
    long value = number(167) * 3600;  // RFC 8536 §3.3.1: up to a week
    if (take(':')) value += number(59) * 60;
    if (take(':')) value += number(59);
    return negative ? -value : value;
  }

  // Parses "M3.5.0/3", "J60" or "59".
  Change change() {
    Change change{Change::Kind::kDayOfYear};
    if (take('M')) {
      change.kind = Change::Kind::kDayOfMonth;
      change.month = static_cast<int>(number(12));
      if (!take('.')) fail(0);
      change.week = static_cast<int>(number(5));
      if (!take('.')) fail(0);
      change.day = static_cast<int>(number(6));
      if (change.month == 0 || change.week == 0) fail(0);
    } else if (take('J')) {
      change.kind = Change::Kind::kDayWithoutLeapDay;
      change.day = static_cast<int>(number(365));
      if (change.day == 0) fail(0);
    } else {
      change.day = static_cast<int>(number(365));
    }
    if (take('/')) change.seconds = seconds();
    return change;
  }

 private:
  template <class Value>
  Value fail(Value value) {
    failed_ = true;
    return value;
  }
  std::string fail(const char* text) {
    failed_ = true;
    return text;
  }
  std::string taken(std::size_t length, std::size_t more) {
    std::string text(rest_.substr(0, length));
    rest_.remove_prefix(length + more);
    return text;
  }

  std::string_view rest_;
  bool failed_ = false;
};

std::optional<TimeZone> TimeZone::of_rules(std::string_view text) {
  RulesText read(text);
  Rules rules;
  rules.usual.name = read.name();
  rules.usual.seconds = -read.seconds();  // POSIX counts to the west
  if (!read.at_end() && !read.failed()) {
    rules.summer.emplace();
    rules.summer->summer = true;
    rules.summer->name = read.name();
    rules.summer->seconds =
        read.at_end() || read.next_is(',') ? rules.usual.seconds + 3600 : -read.seconds();
    if (read.take(',')) {
      rules.begin = read.change();
      if (!read.take(',')) return std::nullopt;
      rules.end = read.change();
    }
  }
  if (read.failed() || !read.at_end()) return std::nullopt;
  TimeZone zone;
  zone.offsets_.push_back(rules.usual);
  zone.rules_ = std::move(rules);
  return zone;
}

// Numbers are big-endian. Reading beyond the end returns 0.
class TimeZone::FileText {
 public:
  explicit FileText(std::string_view content) : rest_(content) {}

  bool has(std::size_t size) const { return rest_.size() >= size; }
  void skip(std::size_t size) { rest_.remove_prefix(std::min(size, rest_.size())); }
  std::string_view take(std::size_t size) {
    const std::string_view text = rest_.substr(0, std::min(size, rest_.size()));
    skip(size);
    return text;
  }
  template <class Number>
  Number number() {
    std::uint64_t value = 0;
    for (const char c : take(sizeof(Number))) {
      value = value << 8 | static_cast<unsigned char>(c);
    }
    return static_cast<Number>(value);
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

namespace {

struct Counts {
  std::uint32_t ut, standard, leaps, changes, offsets, characters;

  std::size_t bytes(std::size_t of_time) const {
    return std::size_t{changes} * (of_time + 1) + std::size_t{offsets} * 6 + characters +
           std::size_t{leaps} * (of_time + 4) + standard + ut;
  }
};

}  // namespace

std::optional<TimeZone> TimeZone::of_file(std::string_view content) {
  constexpr std::size_t kHeader = 44;
  FileText read(content);
  const auto header = [&read]() -> std::optional<Counts> {
    if (!read.has(kHeader) || read.take(4) != "TZif") return std::nullopt;
    read.skip(16);
    Counts counts{};
    for (std::uint32_t* const count : {&counts.ut, &counts.standard, &counts.leaps, &counts.changes,
                                       &counts.offsets, &counts.characters}) {
      *count = read.number<std::uint32_t>();
    }
    return counts;
  };
  // Files since 2005 begin with the same data in 32 bits.
  if (content.size() < kHeader || content[4] < '2') return std::nullopt;
  std::optional<Counts> counts = header();
  if (!counts || !read.has(counts->bytes(4))) return std::nullopt;
  read.skip(counts->bytes(4));
  counts = header();
  if (!counts || !read.has(counts->bytes(8)) || counts->offsets == 0) return std::nullopt;

  TimeZone zone;
  for (std::uint32_t i = 0; i < counts->changes; ++i) {
    zone.changes_.push_back(read.number<std::int64_t>());
  }
  for (std::uint32_t i = 0; i < counts->changes; ++i) {
    zone.offset_of_change_.push_back(read.number<std::uint8_t>());
    if (zone.offset_of_change_.back() >= counts->offsets) return std::nullopt;
  }
  if (!std::ranges::is_sorted(zone.changes_)) return std::nullopt;
  std::vector<std::uint8_t> names;
  for (std::uint32_t i = 0; i < counts->offsets; ++i) {
    Offset offset;
    offset.seconds = read.number<std::int32_t>();
    offset.summer = read.number<std::uint8_t>() != 0;
    names.push_back(read.number<std::uint8_t>());
    zone.offsets_.push_back(offset);
  }
  const std::string_view characters = read.take(counts->characters);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] >= characters.size()) return std::nullopt;
    const std::string_view name = characters.substr(names[i]);
    zone.offsets_[i].name = name.substr(0, name.find('\0'));
  }
  read.skip(std::size_t{counts->leaps} * 12 + counts->standard + counts->ut);
  std::string_view footer = read.rest();
  if (footer.size() >= 2 && footer.front() == '\n' && footer.back() == '\n') {
    footer = footer.substr(1, footer.size() - 2);
    if (std::optional<TimeZone> after = of_rules(footer)) zone.rules_ = after->rules_;
  }
  return zone;
}

}  // namespace tusk::php::libc
