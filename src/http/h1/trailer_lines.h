// TrailerLines: reads the fields after the last chunk, up to the empty line (RFC 9112 §7.1.2).
//
// Owner: RequestParser. Thread: the same. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tusk::http::h1 {

// Checks the form of the fields and drops them. llhttp is not used because it refuses fields that
// may not be trailers, such as Content-Length. A recipient may ignore those (RFC 9110 §6.5.1), and
// a dropped field changes neither where the message ends nor what the head says.
class TrailerLines {
 public:
  void begin() {
    state_ = State::kLineBegin;
    count_ = 0;
  }

  // Consumes a prefix of the input, at most to the end of the empty line or to a malformed byte,
  // and returns its length. After either, call begin() first.
  std::size_t read(std::string_view input);

  bool complete() const { return state_ == State::kComplete; }
  bool malformed() const { return state_ == State::kMalformed; }

  // Fields whose names were read.
  std::size_t count() const { return count_; }

 private:
  // The part that is expected next.
  enum class State : std::uint8_t {
    kLineBegin,  // a name, or the empty line
    kName,
    kValue,
    kValueLf,  // the end of a field's line
    kEndLf,    // the end of the empty line
    kComplete,
    kMalformed,
  };

  State next(char c);

  State state_ = State::kComplete;
  std::size_t count_ = 0;
};

}  // namespace tusk::http::h1
