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
  void begin() { begin(State::kSizeBegin); }

  // For a chunk behind another one's data.
  void begin_after_data() { begin(State::kDataCr); }

  // Consumes a prefix of the input, up to the end of the line; how much. Once that is the end, or
  // malformed, it must begin anew.
  std::size_t read(std::string_view input);

  bool complete() const { return state_ == State::kComplete; }
  bool malformed() const { return state_ == State::kMalformed; }

  // Once complete.
  std::uint64_t size() const { return size_; }

 private:
  // What comes next.
  enum class State : std::uint8_t {
    kDataCr,
    kDataLf,
    kSizeBegin,
    kSize,
    kSizeEnd,    // blanks, before a ";"
    kNameBegin,  // blanks, before a name
    kName,
    kNameEnd,     // blanks, before a "=" or a ";"
    kValueBegin,  // blanks, before a value
    kValue,
    kQuoted,
    kEscaped,
    kQuotedEnd,
    kValueEnd,  // blanks, before a ";"
    kLineFeed,
    kComplete,
    kMalformed,
  };

  void begin(State state) {
    state_ = state;
    size_ = 0;
  }
  State next(char c);
  State add_digit(char c);

  State state_ = State::kComplete;
  std::uint64_t size_ = 0;
};

}  // namespace tusk::http::h1
