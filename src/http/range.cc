#include "http/range.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "http/token.h"

namespace tusk::http {
namespace {

constexpr std::string_view kUnit = "bytes=";

// A position. A number that is too large counts as one beyond every end.
struct Number {
  bool present = false;
  std::uint64_t value = 0;
};

Number take_number(std::string_view& text) {
  Number number;
  while (!text.empty() && is_digit(text.front())) {
    const auto digit = static_cast<std::uint64_t>(text.front() - '0');
    constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
    number.present = true;
    number.value = number.value > (kMax - digit) / 10 ? kMax : number.value * 10 + digit;
    text.remove_prefix(1);
  }
  return number;
}

struct Spec {
  bool well_formed = false;
  std::optional<ByteRange> inside;  // the part inside the representation
};

// "first-last", "first-" or "-length" (RFC 9110 §14.1.2). Whitespace around the parts is allowed,
// as in nginx and Apache.
Spec read_spec(std::string_view text, std::uint64_t size) {
  const Number first = take_number(text);
  text = trim_ows(text);
  if (!text.starts_with('-')) return {};
  text = trim_ows(text.substr(1));
  const Number last = take_number(text);
  if (!trim_ows(text).empty() || (!first.present && !last.present)) return {};
  if (!first.present) {
    const std::uint64_t length = std::min(last.value, size);
    if (length == 0) return {true, std::nullopt};
    return {true, ByteRange{size - length, size - 1}};
  }
  if (last.present && last.value < first.value) return {};
  if (first.value >= size) return {true, std::nullopt};
  return {true, ByteRange{first.value, last.present ? std::min(last.value, size - 1) : size - 1}};
}

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

}  // namespace

RangeOutcome parse_range(std::string_view value, std::uint64_t size,
                         std::vector<ByteRange>& ranges) {
  ranges.clear();
  if (value.size() < kUnit.size() || !equals_lower(value.substr(0, kUnit.size()), kUnit)) {
    return RangeOutcome::kWhole;
  }
  // Some clients ask for a range of everything they fetch, and would take a 416 for a failure.
  if (size == 0) return RangeOutcome::kWhole;
  value.remove_prefix(kUnit.size());
  if (value.empty()) return RangeOutcome::kWhole;
  std::uint64_t wanted = 0;
  std::size_t count = 0;
  bool malformed = false;
  bool too_much = false;
  for_each_element(value, [&](std::string_view element) {
    const Spec spec = read_spec(element, size);
    malformed = malformed || !spec.well_formed;
    if (malformed || ++count > kMaxRanges) return false;
    if (spec.inside) {
      ranges.push_back(*spec.inside);
      too_much = too_much || spec.inside->length() > size - wanted;
      if (!too_much) wanted += spec.inside->length();
    }
    return true;
  });
  if (malformed || count == 0) return RangeOutcome::kUnsatisfiable;
  if (count > kMaxRanges || too_much) return RangeOutcome::kWhole;
  return ranges.empty() ? RangeOutcome::kUnsatisfiable : RangeOutcome::kPartial;
}

void append_content_range(std::string& out, ByteRange range, std::uint64_t size) {
  out.append("bytes ");
  append_number(out, range.first);
  out.push_back('-');
  append_number(out, range.last);
  out.push_back('/');
  append_number(out, size);
}

void append_unsatisfied_range(std::string& out, std::uint64_t size) {
  out.append("bytes */");
  append_number(out, size);
}

}  // namespace tusk::http
