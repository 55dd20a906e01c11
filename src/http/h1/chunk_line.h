// ChunkLine: the line in front of each chunk's data, which says its size; extensions are read and
// dropped (RFC 9112 §7.1). The CRLF that ends the data before it counts as its beginning.
//
// Owned by RequestParser. Thread: as that. No I/O. Read here and not by llhttp, which refuses the
// blanks around ";" and "=" that a recipient must take (RFC 9110 §5.6.3). Strict in all else: no
// blank where no extension follows, no bare CR or LF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tusk::http::h1 {

class ChunkLine {
 public:
  // For the first chunk of a body.
  void begin() { begin(State::size_begin); }

  // For a chunk behind another one's data.
  void begin_after_data() { begin(State::data_cr); }

  // Consumes a prefix of the input, up to the end of the line; how much. Once that is the end, or
  // malformed, it must begin anew.
  std::size_t read(std::string_view input);

  bool complete() const { return state_ == State::complete; }
  bool malformed() const { return state_ == State::malformed; }

  // Once complete.
  std::uint64_t size() const { return size_; }

 private:
  // What comes next.
  enum class State : std::uint8_t {
    data_cr,
    data_lf,
    size_begin,
    size,
    size_end,    // blanks, before a ";"
    name_begin,  // blanks, before a name
    name,
    name_end,     // blanks, before a "=" or a ";"
    value_begin,  // blanks, before a value
    value,
    quoted,
    escaped,
    quoted_end,
    value_end,  // blanks, before a ";"
    line_feed,
    complete,
    malformed,
  };

  void begin(State state) {
    state_ = state;
    size_ = 0;
  }
  State next(char c);
  State add_digit(char c);

  State state_ = State::complete;
  std::uint64_t size_ = 0;
};

}  // namespace tusk::http::h1
