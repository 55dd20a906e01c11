#include "http/h1/chunk_line.h"

#include <limits>

#include "http/token.h"

namespace tusk::http::h1 {
namespace {

// Inside quotes, and behind a backslash there: HTAB, SP, VCHAR and obs-text (RFC 9110 §5.6.4).
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
  if (size_ > std::numeric_limits<std::uint64_t>::max() >> 4U) return State::malformed;
  size_ = size_ << 4U | digit_of(c);
  return State::size;
}

ChunkLine::State ChunkLine::next(char c) {
  const bool blank = is_ows(c);
  switch (state_) {
    case State::data_cr:
      return c == '\r' ? State::data_lf : State::malformed;
    case State::data_lf:
      return c == '\n' ? State::size_begin : State::malformed;
    case State::size_begin:
      return is_hex_digit(c) ? add_digit(c) : State::malformed;
    case State::size:
      if (is_hex_digit(c)) return add_digit(c);
      if (blank) return State::size_end;
      break;
    case State::name_begin:
      if (blank) return State::name_begin;
      return is_token_char(c) ? State::name : State::malformed;
    case State::name:
      if (is_token_char(c)) return State::name;
      if (c == '=') return State::value_begin;
      if (blank) return State::name_end;
      break;
    case State::value_begin:
      if (blank) return State::value_begin;
      if (c == '"') return State::quoted;
      return is_token_char(c) ? State::value : State::malformed;
    case State::value:
      if (is_token_char(c)) return State::value;
      if (blank) return State::value_end;
      break;
    case State::quoted:
      if (c == '"') return State::quoted_end;
      if (c == '\\') return State::escaped;
      return is_quotable(c) ? State::quoted : State::malformed;
    case State::escaped:
      return is_quotable(c) ? State::quoted : State::malformed;
    case State::quoted_end:
      if (blank) return State::value_end;
      break;
    case State::name_end:
      if (c == '=') return State::value_begin;
      [[fallthrough]];
    case State::size_end:
    case State::value_end:
      if (blank) return state_;
      return c == ';' ? State::name_begin : State::malformed;
    case State::line_feed:
      return c == '\n' ? State::complete : State::malformed;
    case State::complete:
    case State::malformed:
      return State::malformed;
  }
  // Behind a size, a name or a value: another extension, or the line's end.
  if (c == ';') return State::name_begin;
  return c == '\r' ? State::line_feed : State::malformed;
}

}  // namespace tusk::http::h1
