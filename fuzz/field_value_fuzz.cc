// Parsers of field values: dates, entity tag lists, token lists.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/date.h"
#include "http/entity_tag.h"
#include "http/token.h"

namespace {

namespace http = tusk::http;

void check_date(std::string_view text) {
  constexpr std::int64_t kNow = 1'700'000'000;
  const auto seconds = http::parse_date(text, kNow);
  if (!seconds) return;
  TUSK_CHECK(*seconds >= -62135596800 && *seconds <= 253402300800);
  std::array<char, http::kDateBytes> out;
  const std::string_view written = http::format_date(*seconds, out);
  if (*seconds < 0 || *seconds >= 253402300800) return;  // clamped
  TUSK_CHECK(http::parse_date(written, kNow) == *seconds);
}

void check_tags(std::string_view list) {
  constexpr std::string_view kTag = "\"a\"";
  const bool strong = http::matches_tag_list(list, kTag, http::TagComparison::kStrong);
  const bool weak = http::matches_tag_list(list, kTag, http::TagComparison::kWeak);
  TUSK_CHECK(weak || !strong);
  if (weak) {
    TUSK_CHECK(list.find(kTag) != std::string_view::npos || http::trim_ows(list) == "*");
  }
  if (http::is_entity_tag(list)) {
    TUSK_CHECK(http::matches_tag_list(list, list, http::TagComparison::kWeak));
    TUSK_CHECK(http::is_field_value(list));
  }
}

void check_list(std::string_view list) {
  std::string rebuilt;
  http::for_each_element(list, [&](std::string_view element) {
    TUSK_CHECK(!element.empty() && http::trim_ows(element) == element);
    TUSK_CHECK(element.find(',') == std::string_view::npos);
    rebuilt.append(element).append(",");
    return true;
  });
  TUSK_CHECK(http::list_contains(list, "close") == http::list_contains(rebuilt, "close"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_date(text);
  check_tags(text);
  check_list(text);
  return 0;
}
