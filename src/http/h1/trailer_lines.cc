#include "http/h1/trailer_lines.h"

#include "http/token.h"

namespace tusk::http::h1 {

std::size_t TrailerLines::read(std::string_view input) {
  std::size_t at = 0;
  while (at < input.size() && !complete() && !malformed()) state_ = next(input[at++]);
  return at;
}

// As strict as in the header: no blank before the colon, no folded line, no bare CR or LF.
TrailerLines::State TrailerLines::next(char c) {
  switch (state_) {
    case State::line_begin:
      if (c == '\r') return State::end_lf;
      return is_token_char(c) ? State::name : State::malformed;
    case State::name:
      if (is_token_char(c)) return State::name;
      if (c != ':') return State::malformed;
      ++count_;
      return State::value;
    case State::value:
      if (c == '\r') return State::value_lf;
      return token_detail::has_class(c, token_detail::kFieldValue) ? State::value
                                                                   : State::malformed;
    case State::value_lf:
      return c == '\n' ? State::line_begin : State::malformed;
    case State::end_lf:
      return c == '\n' ? State::complete : State::malformed;
    case State::complete:
    case State::malformed:
      break;
  }
  return State::malformed;
}

}  // namespace tusk::http::h1
