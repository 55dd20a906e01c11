#include "http/h1/chunk_line.h"

#include <limits>

#include "http/token.h"

namespace tusk::http::h1 {
namespace {

// Allowed inside quotes, also after a backslash: HTAB, SP, VCHAR and obs-text (RFC 9110 §5.6.4).
bool is_quotable(char c) { return token_detail::has_class(c, token_detail::kFieldValue); }

unsigned digit_of(char c) {
  return is_digit(c) ? static_cast<unsigned>(c - '0')
                     : static_cast<unsigned>((c | 0x20) - 'a') + 10U;
}

}  // namespace

std::size_t ChunkLine::read(std::string_view input) {
  std::size_t at = 0;
  while (at < input.size() && !complete() && !malformed()) state_ = next(input[at++]);
  return at;
}

ChunkLine::State ChunkLine::add_digit(char c) {
  if (size_ > std::numeric_limits<std::uint64_t>::max() >> 4U) return State::kMalformed;
  size_ = size_ << 4U | digit_of(c);
  return State::kSize;
}

ChunkLine::State ChunkLine::next(char c) {
  const bool blank = is_ows(c);
  switch (state_) {
    case State::kDataCr:
      return c == '\r' ? State::kDataLf : State::kMalformed;
    case State::kDataLf:
      return c == '\n' ? State::kSizeBegin : State::kMalformed;
    case State::kSizeBegin:
      return is_hex_digit(c) ? add_digit(c) : State::kMalformed;
    case State::kSize:
      if (is_hex_digit(c)) return add_digit(c);
      if (blank) return State::kSizeEnd;
      break;
    case State::kNameBegin:
      if (blank) return State::kNameBegin;
      return is_token_char(c) ? State::kName : State::kMalformed;
    case State::kName:
      if (is_token_char(c)) return State::kName;
      if (c == '=') return State::kValueBegin;
      if (blank) return State::kNameEnd;
      break;
    case State::kValueBegin:
      if (blank) return State::kValueBegin;
      if (c == '"') return State::kQuoted;
      return is_token_char(c) ? State::kValue : State::kMalformed;
    case State::kValue:
      if (is_token_char(c)) return State::kValue;
      if (blank) return State::kValueEnd;
      break;
    case State::kQuoted:
      if (c == '"') return State::kQuotedEnd;
      if (c == '\\') return State::kEscaped;
      return is_quotable(c) ? State::kQuoted : State::kMalformed;
    case State::kEscaped:
      return is_quotable(c) ? State::kQuoted : State::kMalformed;
    case State::kQuotedEnd:
      if (blank) return State::kValueEnd;
      break;
    case State::kNameEnd:
      if (c == '=') return State::kValueBegin;
      [[fallthrough]];
    case State::kSizeEnd:
    case State::kValueEnd:
      if (blank) return state_;
      return c == ';' ? State::kNameBegin : State::kMalformed;
    case State::kLineFeed:
      return c == '\n' ? State::kComplete : State::kMalformed;
    case State::kComplete:
    case State::kMalformed:
      return State::kMalformed;
  }
  // After a size, a name or a value: another extension, or the end of the line.
  if (c == ';') return State::kNameBegin;
  return c == '\r' ? State::kLineFeed : State::kMalformed;
}

}  // namespace tusk::http::h1
