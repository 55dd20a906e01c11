// Rules for the request line and the fields after it, and what they mean for the connection.
//
// Pure functions on a RequestHead whose text holds the line and whose fields are in place. Only
// RequestParser uses them. Thread: any. RFC 9112 §3, §6, §9.3.
#pragma once

#include <cstddef>
#include <string_view>

#include "http/refusal.h"
#include "http/request.h"

namespace tusk::http::h1 {

// A longer method is one that we do not implement: 501 (RFC 9112 §3.1). The longest registered
// method has 17 letters.
inline constexpr std::size_t kMethodBytes = 32;

// Splits the line (given without its CRLF) and fills method, target, its parts and version.
Refusal read_request_line(RequestHead& head, Span line, std::size_t target_bytes);

// The refusal of a line that is longer than any acceptable one.
Refusal refuse_long_line(std::string_view begin);

// Trims the values; checks Host and the framing fields; fills authority, content_length, chunked,
// keep_alive, expect_continue.
Refusal read_fields(RequestHead& head);

}  // namespace tusk::http::h1
