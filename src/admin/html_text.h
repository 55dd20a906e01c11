// HTML of the internal server's pages. Texts of requests and scripts are escaped here.
//
// Functions that append. Thread: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tusk::admin {

// Control characters and marks of writing direction become question marks, except for the end of a
// line.
void append_escaped(std::string& html, std::string_view text);
// `attributes` is our own text.
void append_cell(std::string& html, std::string_view text, std::string_view attributes = {});
// From the doctype to the beginning of the body; the pages have one style.
void append_head(std::string& html, std::string_view title);

std::string seconds_text(double seconds);      // "0.4 ms", "12.5 s"
std::string bytes_text(double bytes);          // "12.5 MiB"
std::string count_text(double count);          // "1,234,567"
std::string clock_text(std::int64_t time_ms);  // "12:00:00", in UTC; of the time since 1970

}  // namespace tusk::admin
