// TrailerLines: the fields behind the last chunk, up to the empty line that ends the message
// (RFC 9112 §7.1.2): their form is checked, and they are dropped.
//
// Owned by RequestParser. Thread: as that. No I/O. Read here and not by llhttp, which refuses
// fields that may not be trailers, such as Content-Length: a recipient may ignore those (RFC 9110
// §6.5.1), and what is dropped changes nothing, neither where the message ends nor what the head
// says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tusk::http::h1 {

class TrailerLines {
 public:
  void begin() {
    state_ = State::kLineBegin;
    count_ = 0;
  }

  // Consumes a prefix of the input, up to the end of the empty line or what is malformed; how much.
  // Once that is the end, or malformed, it must begin anew.
  std::size_t read(std::string_view input);

  bool complete() const { return state_ == State::kComplete; }
  bool malformed() const { return state_ == State::kMalformed; }

  // Fields whose name has been read.
  std::size_t count() const { return count_; }

 private:
  // What comes next.
  enum class State : std::uint8_t {
    kLineBegin,  // a name, or the empty line
    kName,
    kValue,
    kValueLf,  // the end of a field's line
    kEndLf,    // of the empty line
    kComplete,
    kMalformed,
  };

  State next(char c);

  State state_ = State::kComplete;
  std::size_t count_ = 0;
};

}  // namespace tusk::http::h1
