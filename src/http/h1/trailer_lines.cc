#include "http/h1/trailer_lines.h"

#include "http/token.h"

namespace tusk::http::h1 {

std::size_t TrailerLines::read(std::string_view input) {
  std::size_t at = 0;
  while (at < input.size() && !complete() && !malformed()) state_ = next(input[at++]);
  return at;
}

// The rules of the header hold: no blank before the colon, no folded line, no bare CR or LF.
TrailerLines::State TrailerLines::next(char c) {
  switch (state_) {
    case State::kLineBegin:
      if (c == '\r') return State::kEndLf;
      return is_token_char(c) ? State::kName : State::kMalformed;
    case State::kName:
      if (is_token_char(c)) return State::kName;
      if (c != ':') return State::kMalformed;
      ++count_;
      return State::kValue;
    case State::kValue:
      if (c == '\r') return State::kValueLf;
      return token_detail::has_class(c, token_detail::kFieldValue) ? State::kValue
                                                                   : State::kMalformed;
    case State::kValueLf:
      return c == '\n' ? State::kLineBegin : State::kMalformed;
    case State::kEndLf:
      return c == '\n' ? State::kComplete : State::kMalformed;
    case State::kComplete:
    case State::kMalformed:
      break;
  }
  return State::kMalformed;
}

}  // namespace tusk::http::h1
