// HTTP dates: written as IMF-fixdate, read in all three forms that servers must accept.
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

// Nothing for what is not a date. `now` places the two digits of an rfc850-date's year: not more
// than 50 years ahead. A leap second is taken as the second after.
std::optional<std::int64_t> parse_date(std::string_view text, std::int64_t now);

}  // namespace tusk::http
