// RequestParser: turns the bytes of an HTTP/1 connection into requests, as events.
//
// Owner: the connection, one parser for all its requests. Thread: the connection's loop. No I/O.
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
  std::size_t header_count = 100;        // 431; trailers are counted separately
  std::size_t target_bytes = 8 * 1024;   // 414 (RFC 9112 §3 asks for at least 8000)
  std::size_t trailer_bytes = 8 * 1024;  // 431
};

// Pull model: the caller passes its bytes and gets the first event in them, so pipelined requests
// wait in the caller's buffer. Events do not depend on how the bytes are split into inputs, except
// for where the pieces of a body end.
//
// The request line is read here because llhttp only knows a fixed list of methods, while an
// application may use any (RFC 9110 §9.1). Chunk framing (chunk_line.h) and trailers
// (trailer_lines.h) are read here too. llhttp reads the fields, as strictly as it can; the fields
// that decide where a message ends are read again (head_rules.h), and both must agree.
class RequestParser {
 public:
  enum class Event : std::uint8_t {
    kNeedMore,  // all of the input is consumed
    kHead,      // head() is complete
    kBody,      // a piece of the body, chunked coding undone
    kComplete,  // the message has ended; the next call begins with the next message
    kError,     // answer error_status() and close; every further call returns this again
  };

  struct Step {
    Event event = Event::kNeedMore;
    std::size_t consumed = 0;  // of the input; pass the rest again
    std::string_view body;     // of a kBody event: inside the input, never empty
  };

  explicit RequestParser(ParserLimits limits);

  // Not movable: llhttp keeps a pointer to it.
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Consumes a prefix of the input, up to the first event. The input may be empty: a message
  // without a body gives kHead, and kComplete on the next call with any input. After the call only
  // Step::body refers to the input.
  Step parse(std::string_view input);

  // Valid from a kHead event until a byte of the next message is parsed. It may be moved out, or
  // swapped with a recycled one, at any time after that event; it is cleared before it is filled.
  RequestHead& head() { return head_; }

  // After kError: 400, 413, 414, 417, 431, 501 or 505, and a few words for the log.
  int error_status() const { return error_status_; }
  std::string_view error_reason() const { return error_reason_; }

  // Between messages: the last message is complete, and no byte of another was seen. Blank lines
  // before a request line (RFC 9112 §2.2) do not count.
  bool idle() const { return state_ == State::kStart; }

  // Forgets a half-parsed message or an error, for use on a new connection.
  void reset();

 private:
  enum class State : std::uint8_t {
    kStart,        // before a request line
    kRequestLine,  // inside the request line
    kFields,       // up to the empty line
    kNoBody,       // kHead was returned, kComplete is next
    kSizedBody,    // Content-Length
    kChunkLine,    // before a chunk's data, and the line break after the previous chunk's data
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

  // Runs llhttp over the input, or until a callback pauses it; returns how much it consumed.
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

  std::size_t blank_bytes_ = 0;  // blank lines before the message
  std::size_t head_bytes_ = 0;   // of the message's head so far
  std::uint64_t body_left_ = 0;  // of a sized body or of a chunk

  ChunkLine chunk_line_;
  std::size_t line_bytes_ = 0;  // of the chunk line
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
