// ChunkLine: reads the line before each chunk's data (RFC 9112 §7.1).
//
// Owner: RequestParser. Thread: the same. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tusk::http::h1 {

// Reads the size and drops the extensions. The CRLF that ends the previous chunk's data counts as
// the beginning of the line. llhttp is not used because it refuses the blanks around ";" and "="
// that a recipient must accept (RFC 9110 §5.6.3). Everything else is strict: no blank where no
// extension follows, no bare CR or LF.
class ChunkLine {
 public:
  // For the first chunk of a body.
  void begin() { begin(State::kSizeBegin); }

  // For a chunk that follows another chunk's data.
  void begin_after_data() { begin(State::kDataCr); }

  // Consumes a prefix of the input, at most to the end of the line, and returns its length. After
  // the end or a malformed byte, call begin() first.
  std::size_t read(std::string_view input);

  bool complete() const { return state_ == State::kComplete; }
  bool malformed() const { return state_ == State::kMalformed; }

  // Once complete().
  std::uint64_t size() const { return size_; }

 private:
  // The part that is expected next.
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
