// Conversion of scalar values from text and to text. Flags, the environment and the file use the
// same forms.
//
// Thread: any; pure functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tusk::config {

base::Result<bool> parse_bool(std::string_view text);            // 1 true on yes, 0 false off no
base::Result<std::uint64_t> parse_count(std::string_view text);  // 12

// 0.25, in millionths; no more than six digits after the point, and no more than 1.
base::Result<std::uint64_t> parse_ratio(std::string_view text);

// 65536, 64K, 64KB, 64KiB; always binary (1K is 1024), as in php.ini and nginx.
base::Result<std::uint64_t> parse_bytes(std::string_view text);

// 30, 30s, 0.5, 500ms, 5m, 2h, 7d, 2w, 1h30m; seconds without a unit.
base::Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// In ASCII lower case: on, off, units and choices may be written in either case.
std::string lower(std::string_view text);

// The text in single quotes, for messages.
std::string quoted(std::string_view text);

// The shortest exact text that the functions above read back.
std::string format_bytes(std::uint64_t bytes);
std::string format_ratio(std::uint64_t millionths);
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace tusk::config
