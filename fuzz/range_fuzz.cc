// parse_range: every range is within the representation, all together are no longer than it, and a
// slow and simple parser of the same text agrees.
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "http/range.h"

namespace {

using tusk::http::ByteRange;
using tusk::http::RangeOutcome;

std::string without_spaces_around(std::string text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.erase(0, 1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.pop_back();
  return text;
}

// Returns nothing if the text is not a number. Saturates.
std::optional<std::uint64_t> number(const std::string& text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos) return {};
  __uint128_t value = 0;
  for (const char c : text) {
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > INT64_MAX) value = INT64_MAX;
  }
  return static_cast<std::uint64_t>(value);
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts(1);
  for (const char c : list) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  return parts;
}

// Parses one element; false if it is malformed. Adds the part within the representation.
bool obvious_spec(const std::string& text, std::uint64_t size, std::vector<ByteRange>& ranges) {
  const std::size_t dash = text.find('-');
  if (dash == std::string::npos) return false;
  const std::string before = without_spaces_around(text.substr(0, dash));
  const std::string after = without_spaces_around(text.substr(dash + 1));
  const auto first = number(before);
  const auto last = number(after);
  if ((!first && !before.empty()) || (!last && !after.empty()) || (!first && !last)) return false;
  if (first && last && *last < *first) return false;
  ByteRange range;
  if (first) {
    range = {*first, last ? *last : INT64_MAX};
  } else {
    if (*last == 0) return true;
    range = {*last >= size ? 0 : size - *last, INT64_MAX};
  }
  if (range.first >= size) return true;
  if (range.last >= size) range.last = size - 1;
  ranges.push_back(range);
  return true;
}

void check(std::string_view value, std::uint64_t size) {
  std::vector<ByteRange> ranges;
  const RangeOutcome outcome = tusk::http::parse_range(value, size, ranges);
  std::string lower(value.substr(0, 6));
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  TUSK_CHECK((lower != "bytes=") <= (outcome == RangeOutcome::kWhole));
  if (outcome != RangeOutcome::kPartial) return;
  TUSK_CHECK(!ranges.empty() && ranges.size() <= tusk::http::kMaxRanges);
  std::uint64_t total = 0;
  for (const ByteRange range : ranges) {
    TUSK_CHECK(range.first <= range.last && range.last < size);
    total += range.length();
    std::string text;
    tusk::http::append_content_range(text, range, size);
    TUSK_CHECK(text.starts_with("bytes "));
  }
  TUSK_CHECK(total <= size);

  std::vector<ByteRange> obvious;
  for (const std::string& element : split(value.substr(6))) {
    const std::string text = without_spaces_around(element);
    if (!text.empty()) TUSK_CHECK(obvious_spec(text, size, obvious));
  }
  TUSK_CHECK(obvious == ranges);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 8) return 0;
  std::uint64_t length = 0;
  std::memcpy(&length, data, 8);
  const std::string_view text(reinterpret_cast<const char*>(data) + 8, size - 8);
  check(text, length >> 1);
  check("bytes=" + std::string(text), length >> 1);
  check("bytes=" + std::string(text), length & 0xfff);
  return 0;
}
