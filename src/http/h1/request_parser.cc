#include "http/h1/request_parser.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

#include "http/h1/head_rules.h"
#include "http/h1/llhttp_callbacks.h"
#include "http/token.h"

namespace tusk::http::h1 {
namespace {

// Limit of blank lines before a request line: some clients send one after a body (RFC 9112 §2.2).
constexpr std::size_t kBlankBytes = 8;

// The space after the method, " HTTP/1.1" and CRLF.
constexpr std::size_t kLineExtraBytes = 12;

// Limit of a chunk's line with its extensions (RFC 9112 §7.1.1 asks for one).
constexpr std::size_t kChunkLineBytes = 1024;

// Limit of a body's framing, beyond 16 bytes for each chunk and twice its data: many small chunks
// are legitimate, many extensions are not.
constexpr std::uint64_t kChunkExcessBytes = 16 * 1024;

}  // namespace

RequestParser::RequestParser(ParserLimits limits) : limits_(limits) {
  limits_.head_bytes = std::min<std::size_t>(limits_.head_bytes, 1U << 30U);  // Span has 32 bits
  limits_.trailer_bytes = std::max<std::size_t>(limits_.trailer_bytes, 2);    // the final CRLF
}

void RequestParser::reset() {
  state_ = State::kStart;
  blank_bytes_ = 0;
  error_status_ = 0;
  error_reason_ = {};
  head_.clear();
}

RequestParser::Step RequestParser::parse(std::string_view input) {
  if (state_ == State::kNoBody) {
    state_ = State::kStart;
    return {Event::kComplete, 0, {}};
  }
  std::size_t consumed = 0;
  // A state returns kNeedMore with input left over when the next state is to continue.
  while (state_ != State::kFailed && consumed < input.size()) {
    Step step = parse_in_state(input.substr(consumed));
    consumed += step.consumed;
    if (step.event != Event::kNeedMore) {
      step.consumed = consumed;
      return step;
    }
  }
  if (state_ == State::kFailed) return {Event::kError, consumed, {}};
  return {Event::kNeedMore, consumed, {}};
}

RequestParser::Step RequestParser::parse_in_state(std::string_view input) {
  switch (state_) {
    case State::kStart:
      return parse_start(input);
    case State::kRequestLine:
      return parse_request_line(input);
    case State::kFields:
      return parse_fields(input);
    case State::kSizedBody:
      return parse_sized_body(input);
    case State::kChunkLine:
      return parse_chunk_line(input);
    case State::kChunkData:
      return parse_chunk_data(input);
    case State::kTrailers:
      return parse_trailers(input);
    case State::kNoBody:
    case State::kFailed:
      break;
  }
  return {};
}

RequestParser::Step RequestParser::parse_start(std::string_view input) {
  std::size_t at = 0;
  for (; at < input.size() && (input[at] == '\r' || input[at] == '\n'); ++at) {
    const char expected = blank_bytes_ % 2 == 0 ? '\r' : '\n';
    if (input[at] != expected || ++blank_bytes_ > kBlankBytes) {
      return fail(400, "line breaks before the request line");
    }
  }
  if (at == input.size()) return {Event::kNeedMore, at, {}};
  // The first byte is enough to tell: a TLS handshake is answered at once and not by a timeout.
  if (blank_bytes_ % 2 != 0 || !is_token_char(input[at])) return fail(400, "not a request line");
  blank_bytes_ = 0;
  head_bytes_ = 0;
  head_.clear();
  state_ = State::kRequestLine;
  return {Event::kNeedMore, at, {}};
}

RequestParser::Step RequestParser::parse_request_line(std::string_view input) {
  const std::size_t longest =
      std::min(kMethodBytes + limits_.target_bytes + kLineExtraBytes, limits_.head_bytes);
  const std::string_view piece = input.substr(0, longest - head_bytes_);
  const std::size_t line_feed = piece.find('\n');
  const std::size_t taken = line_feed == std::string_view::npos ? piece.size() : line_feed + 1;
  std::string& text = head_.text;
  text.append(piece.substr(0, taken));
  head_bytes_ += taken;
  if (line_feed == std::string_view::npos) {
    if (head_bytes_ == longest) return fail(refuse_long_line(text));
    return {Event::kNeedMore, taken, {}};
  }
  // RFC 9112 §2.2 allows recipients to accept a bare LF, but servers in front of us may not.
  if (!text.ends_with("\r\n")) return fail(400, "request line does not end in CRLF");
  const Span line{0, static_cast<std::uint32_t>(text.size() - 2)};
  const Refusal refusal = read_request_line(head_, line, limits_.target_bytes);
  if (refusal.refused()) return fail(refusal);
  static const llhttp_t kAfterRequestLine = LlhttpCallbacks::after_request_line();
  llhttp_ = kAfterRequestLine;
  llhttp_.data = this;
  state_ = State::kFields;
  return {Event::kNeedMore, taken, {}};
}

RequestParser::Step RequestParser::parse_fields(std::string_view input) {
  const std::string_view piece = input.substr(0, limits_.head_bytes - head_bytes_);
  if (piece.empty()) return fail(431, "header too large");
  input_offset_ = head_.text.size();
  llhttp_errno_t code = HPE_OK;
  const std::size_t taken = run_llhttp(piece, code);
  head_.text.append(piece.substr(0, taken));
  head_bytes_ += taken;
  if (code == HPE_OK) {
    if (head_bytes_ == limits_.head_bytes) return fail(431, "header too large");
    return {Event::kNeedMore, taken, {}};
  }
  if (code != HPE_PAUSED) return fail_in_llhttp(code);
  return finish_head(taken);
}

RequestParser::Step RequestParser::finish_head(std::size_t consumed) {
  const Refusal refusal = read_fields(head_);
  if (refusal.refused()) return fail(refusal);
  const bool chunked = (llhttp_.flags & F_CHUNKED) != 0;
  const bool sized = (llhttp_.flags & F_CONTENT_LENGTH) != 0;
  const std::uint64_t length = head_.content_length.value_or(0);
  if (chunked != head_.chunked || sized != head_.content_length.has_value() ||
      (sized && llhttp_.content_length != length)) {
    return fail(400, "ambiguous framing");
  }
  if (chunked) {
    state_ = State::kChunkLine;
    chunk_line_.begin();
    line_bytes_ = 0;
    chunk_excess_ = 0;
  } else {
    state_ = length > 0 ? State::kSizedBody : State::kNoBody;
    body_left_ = length;
  }
  return {Event::kHead, consumed, {}};
}

RequestParser::Step RequestParser::parse_sized_body(std::string_view input) {
  const std::size_t taken = std::min<std::uint64_t>(input.size(), body_left_);
  body_left_ -= taken;
  if (body_left_ == 0) state_ = State::kNoBody;
  return {Event::kBody, taken, input.substr(0, taken)};
}

RequestParser::Step RequestParser::parse_chunk_line(std::string_view input) {
  const std::string_view piece = input.substr(0, kChunkLineBytes - line_bytes_);
  if (piece.empty()) return fail(400, "chunk line too long");
  const std::size_t taken = chunk_line_.read(piece);
  line_bytes_ += taken;
  if (chunk_line_.malformed()) return fail(400, "malformed chunk size, extension or end of data");
  if (!chunk_line_.complete()) return {Event::kNeedMore, taken, {}};
  return finish_chunk_line(taken);
}

RequestParser::Step RequestParser::finish_chunk_line(std::size_t consumed) {
  const std::uint64_t size = chunk_line_.size();
  if (size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return fail(413, "chunk size too large");
  }
  const std::uint64_t due = 16 + 2 * std::min<std::uint64_t>(size, kChunkExcessBytes);
  chunk_excess_ = std::max(chunk_excess_ + line_bytes_, due) - due;
  line_bytes_ = 0;
  if (chunk_excess_ > kChunkExcessBytes) return fail(400, "too much chunk framing");
  if (size > 0) {
    state_ = State::kChunkData;
    body_left_ = size;
    return {Event::kNeedMore, consumed, {}};
  }
  state_ = State::kTrailers;
  trailers_.begin();
  trailer_bytes_ = 0;
  return {Event::kNeedMore, consumed, {}};
}

RequestParser::Step RequestParser::parse_chunk_data(std::string_view input) {
  const std::size_t taken = std::min<std::uint64_t>(input.size(), body_left_);
  body_left_ -= taken;
  if (body_left_ == 0) {
    state_ = State::kChunkLine;
    chunk_line_.begin_after_data();
  }
  return {Event::kBody, taken, input.substr(0, taken)};
}

RequestParser::Step RequestParser::parse_trailers(std::string_view input) {
  const std::string_view piece = input.substr(0, limits_.trailer_bytes - trailer_bytes_);
  const std::size_t taken = trailers_.read(piece);
  trailer_bytes_ += taken;
  // Checked first: more fields than the limit may precede the malformed byte.
  if (trailers_.count() > limits_.header_count) return fail(431, "too many trailer fields");
  if (trailers_.malformed()) return fail(400, "malformed trailer field");
  if (trailers_.complete()) {
    state_ = State::kStart;
    return {Event::kComplete, taken, {}};
  }
  if (trailer_bytes_ == limits_.trailer_bytes) return fail(431, "trailers too large");
  return {Event::kNeedMore, taken, {}};
}

std::size_t RequestParser::run_llhttp(std::string_view input, llhttp_errno_t& code) {
  input_ = input.data();
  code = llhttp_execute(&llhttp_, input.data(), input.size());
  if (code == HPE_OK) return input.size();
  const auto taken = static_cast<std::size_t>(llhttp_get_error_pos(&llhttp_) - input.data());
  if (code == HPE_PAUSED) llhttp_resume(&llhttp_);
  return taken;
}

RequestParser::Step RequestParser::fail_in_llhttp(llhttp_errno_t code) {
  if (state_ == State::kFailed) return {Event::kError, 0, {}};  // a callback gave a better reason
  if (code == HPE_INVALID_CONTENT_LENGTH && state_ == State::kFields) {
    // llhttp stops at the digit that overflows, and only its message says so.
    const std::string_view value = head_.view(head_.fields.back().value);
    std::int64_t length = 0;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), length);
    if (parsed.ec == std::errc::result_out_of_range) return fail(413, "Content-Length too large");
  }
  const char* reason = llhttp_get_error_reason(&llhttp_);  // a literal
  return fail(400, reason == nullptr ? "malformed message" : reason);
}

RequestParser::Step RequestParser::fail(const Refusal& refusal) {
  return fail(refusal.status, refusal.reason);
}

RequestParser::Step RequestParser::fail(int status, std::string_view reason) {
  state_ = State::kFailed;
  error_status_ = status;
  error_reason_ = reason;
  return {Event::kError, 0, {}};
}

}  // namespace tusk::http::h1
