// Escaping of text from outside for log lines: no byte of it can end the line, close a string, or
// control a terminal.
//
// Pure functions that append. Thread: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "observe/fixed_text.h"

namespace tusk::observe {

// For the inside of a JSON string (RFC 8259 §7). Invalid UTF-8 becomes U+FFFD. DEL and the C1
// controls are escaped too, because terminals obey them.
void append_json_escaped(std::string& out, std::string_view text);
void append_json_escaped(FixedText& out, std::string_view text) noexcept;
// The same between quotes.
void append_json_string(std::string& out, std::string_view text);

// For people: valid UTF-8 stays as it is; control characters become \n, \r, \t or \xHH, and other
// bytes \xHH. In quotes, '"' and '\' are preceded by a backslash.
enum class Quoting : std::uint8_t { kNone, kInQuotes };
void append_text_escaped(std::string& out, std::string_view text, Quoting quoting = Quoting::kNone);
void append_text_escaped(FixedText& out, std::string_view text,
                         Quoting quoting = Quoting::kNone) noexcept;

// '"', '\', control bytes and all bytes above 0x7E become \xHH, like in nginx's access log.
void append_ascii_escaped(std::string& out, std::string_view text);

}  // namespace tusk::observe
