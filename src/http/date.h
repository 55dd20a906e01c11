// HTTP dates: written as IMF-fixdate, read in the three formats that servers must accept.
//
// Pure functions of their arguments: no clock, no locale, no time zone. Thread: any.
// RFC 9110 §5.6.7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tusk::http {

inline constexpr std::size_t kDateBytes = 29;  // "Sun, 06 Nov 1994 08:49:37 GMT"

// Seconds since 1970, clamped to the years 1970 to 9999. Returns a view of `out`.
std::string_view format_date(std::int64_t unix_seconds, std::span<char, kDateBytes> out);

// Nothing if the text is not a date. `now` places the two-digit year of an rfc850-date, which is at
// most 50 years ahead. A leap second counts as the second after it.
std::optional<std::int64_t> parse_date(std::string_view text, std::int64_t now);

}  // namespace tusk::http
