// RequestParser: the bytes of one HTTP/1 connection in, requests as events out.
//
// Owned by the connection, one each, used for all its requests. Thread: the connection's loop. No
// I/O. Pull model: the caller gives what it has and gets the first event in it, so pipelined
// requests wait in the caller's buffer until it asks for them. The events do not depend on how the
// bytes are cut into inputs, but for where body pieces end.
//
// The request line is read here, because llhttp knows a fixed list of methods only and an
// application may use any (RFC 9110 §9.1), and so are the framing of chunks (chunk_line.h) and the
// trailers (trailer_lines.h). llhttp reads the fields, strict in all it can be; what decides where
// a message ends is read once more (head_rules.h) and must agree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <llhttp.h>

#include "http/h1/chunk_line.h"
#include "http/h1/trailer_lines.h"
#include "http/refusal.h"
#include "http/request.h"

namespace tusk::http::h1 {

struct ParserLimits {
  std::size_t head_bytes = 32 * 1024;    // request line and fields, delimiters included: 431
  std::size_t header_count = 100;        // 431; of trailers too, counted apart
  std::size_t target_bytes = 8 * 1024;   // 414 (RFC 9112 §3 asks for 8000 at least)
  std::size_t trailer_bytes = 8 * 1024;  // 431
};

class RequestParser {
 public:
  enum class Event : std::uint8_t {
    kNeedMore,  // all of the input is consumed, nothing to tell
    kHead,      // head() is complete
    kBody,      // a piece of the body, chunked coding undone
    kComplete,  // the message has ended; the next call begins with the next one
    kError,     // answer error_status() and close; every further call says the same
  };

  struct Step {
    Event event = Event::kNeedMore;
    std::size_t consumed = 0;  // of the input; what follows must be given again
    std::string_view body;     // of a body event: inside the input, never empty
  };

  explicit RequestParser(ParserLimits limits);

  // Not movable: llhttp keeps a pointer to it.
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Consumes a prefix of the input, up to the first event. The input may be empty: a message
  // without body gives `head`, and `complete` on the next call with any input. Nothing of the
  // input is referred to after the call, except by Step::body.
  Step parse(std::string_view input);

  // From a `head` event on, until a byte of the next message is parsed. May be moved out or
  // swapped with a recycled one at any time after that event; it is cleared before it is filled.
  RequestHead& head() { return head_; }

  // After `error`: 400, 413, 414, 417, 431, 501 or 505, and a few words for the log.
  int error_status() const { return error_status_; }
  std::string_view error_reason() const { return error_reason_; }

  // Between messages: the last one is complete and no byte of another was seen. Blank lines before
  // a request line (RFC 9112 §2.2) do not count.
  bool idle() const { return state_ == State::kStart; }

  // Forgets a half parsed message or an error: for use on a new connection.
  void reset();

 private:
  enum class State : std::uint8_t {
    kStart,        // before a request line
    kRequestLine,  // in it
    kFields,       // up to the empty line
    kNoBody,       // `head` was told, `complete` is due
    kSizedBody,    // Content-Length
    kChunkLine,    // before a chunk's data, and the line break behind the data before it
    kChunkData,
    kTrailers,  // after the last chunk
    kFailed,
  };
  friend struct LlhttpCallbacks;

  Step parse_in_state(std::string_view input);
  Step parse_start(std::string_view input);
  Step parse_request_line(std::string_view input);
  Step parse_fields(std::string_view input);
  Step finish_head(std::size_t consumed);
  Step parse_sized_body(std::string_view input);
  Step parse_chunk_line(std::string_view input);
  Step parse_chunk_data(std::string_view input);
  Step finish_chunk_line(std::size_t consumed);
  Step parse_trailers(std::string_view input);

  // Runs llhttp over the input, or until a callback pauses it; how much it consumed.
  std::size_t run_llhttp(std::string_view input, llhttp_errno_t& code);
  std::size_t offset_of(const char* at) const {
    return input_offset_ + static_cast<std::size_t>(at - input_);
  }

  Step fail_in_llhttp(llhttp_errno_t code);
  Step fail(const Refusal& refusal);
  Step fail(int status, std::string_view reason);

  ParserLimits limits_;
  RequestHead head_;
  llhttp_t llhttp_{};
  State state_ = State::kStart;

  std::size_t blank_bytes_ = 0;  // of blank lines before the message
  std::size_t head_bytes_ = 0;   // of this message's head so far
  std::uint64_t body_left_ = 0;  // of a sized body, or of a chunk

  ChunkLine chunk_line_;
  std::size_t line_bytes_ = 0;  // of it
  std::uint64_t chunk_excess_ = 0;
  TrailerLines trailers_;
  std::size_t trailer_bytes_ = 0;

  // While llhttp runs: the input, and the offset of its first byte in head_.text.
  const char* input_ = nullptr;
  std::size_t input_offset_ = 0;

  int error_status_ = 0;
  std::string_view error_reason_;
};

}  // namespace tusk::http::h1
