// RequestParser: any bytes give the same events in any pieces. An accepted message keeps the
// promises of RequestHead, and is parsed to the same message after it was written again.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/h1/request_parser.h"
#include "http/path.h"
#include "http/target.h"
#include "http/token.h"

namespace {

using tusk::http::HeaderField;
using tusk::http::RequestHead;
using tusk::http::Version;
using tusk::http::h1::ParserLimits;
using tusk::http::h1::RequestParser;
using Event = RequestParser::Event;

constexpr ParserLimits kLimits{
    .head_bytes = 600, .header_count = 8, .target_bytes = 100, .trailer_bytes = 60};

// Checks the promises in request.h.
void check_promises(const RequestHead& head) {
  namespace http = tusk::http;
  TUSK_CHECK(http::is_token(head.view(head.method)));
  TUSK_CHECK(http::is_target(head.view(head.target)));
  TUSK_CHECK(head.target.length <= kLimits.target_bytes);
  TUSK_CHECK(head.fields.size() <= kLimits.header_count);
  const std::string_view path = head.view(head.path);
  TUSK_CHECK(path.starts_with('/') || path == "*");
  TUSK_CHECK(head.query.length == 0 || head.has_query);
  TUSK_CHECK(!(head.chunked && head.content_length));
  const std::string_view authority = head.view(head.authority);
  TUSK_CHECK(authority.empty() || http::is_valid_authority(authority));
  TUSK_CHECK(!authority.empty() || head.version == Version::kHttp10);
  TUSK_CHECK(head.chunked == head.contains("transfer-encoding"));
  TUSK_CHECK(head.content_length.has_value() == head.contains("content-length"));
  for (const HeaderField& field : head.fields) {
    TUSK_CHECK(http::is_token(head.view(field.name)));
    const std::string_view value = head.view(field.value);
    TUSK_CHECK(http::is_field_value(value) && http::trim_ows(value) == value);
  }
}

// The message in its plainest form. A chunked body becomes one chunk.
void write_again(const RequestHead& head, const std::string& body, std::string& out) {
  out.append(head.view(head.method)).append(" ").append(head.view(head.target));
  out.append(head.version == Version::kHttp10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  for (const HeaderField& field : head.fields) {
    out.append(head.view(field.name)).append(":");
    out.append(head.view(field.value)).append("\r\n");
  }
  out.append("\r\n");
  if (head.chunked && !body.empty()) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string size;
    for (std::size_t rest = body.size(); rest > 0; rest /= 16) size.push_back(kDigits[rest % 16]);
    std::reverse(size.begin(), size.end());
    out.append(size).append("\r\n").append(body).append("\r\n");
  } else {
    out.append(body);
  }
  if (head.chunked) out.append("0\r\n\r\n");
}

struct Outcome {
  std::string messages;    // the complete ones, in their plainest form
  std::string unfinished;  // the body of the one that was not completed
  int status = 0;          // of the error that ended it
  bool idle = false;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Feeds the stream in pieces whose sizes come from `seed`; 0: in one piece.
Outcome run(std::string_view stream, std::uint32_t seed) {
  Outcome outcome;
  RequestParser parser(kLimits);
  std::size_t at = 0;
  std::size_t available = seed == 0 ? stream.size() : 0;
  RequestHead head;
  for (;;) {
    // A copy of exactly that size, so that the sanitizer sees a byte read beyond it.
    const std::size_t size = available - at;
    const auto input = std::make_unique<char[]>(size);
    std::copy_n(stream.data() + at, size, input.get());
    const auto step = parser.parse({input.get(), size});
    TUSK_CHECK(step.consumed <= size);
    at += step.consumed;
    switch (step.event) {
      case Event::kNeedMore:
        TUSK_CHECK(at == available);
        if (available == stream.size()) {
          outcome.idle = parser.idle();
          return outcome;
        }
        seed = seed * 1664525 + 1013904223;
        available = std::min(stream.size(), available + 1 + (seed >> 24U) % (1 + (seed >> 28U)));
        break;
      case Event::kHead:
        std::swap(head, parser.head());
        check_promises(head);
        outcome.unfinished.clear();
        break;
      case Event::kBody:
        TUSK_CHECK(!step.body.empty());
        TUSK_CHECK(step.body.data() >= input.get());
        TUSK_CHECK(step.body.data() + step.body.size() <= input.get() + size);
        outcome.unfinished.append(step.body);
        break;
      case Event::kComplete:
        TUSK_CHECK(parser.idle());
        if (head.content_length) TUSK_CHECK(*head.content_length == outcome.unfinished.size());
        write_again(head, outcome.unfinished, outcome.messages);
        outcome.unfinished.clear();
        break;
      case Event::kError:
        outcome.status = parser.error_status();
        TUSK_CHECK(outcome.status >= 400 && outcome.status <= 505);
        TUSK_CHECK(!parser.error_reason().empty());
        TUSK_CHECK(parser.parse("GET / HTTP/1.1\r\n").event == Event::kError);
        return outcome;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint32_t seed = data[0] + 1U;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = run(stream, 0);
  TUSK_CHECK(run(stream, seed) == whole);
  const Outcome again = run(whole.messages, seed);
  TUSK_CHECK(again.status == 0 && again.idle);
  TUSK_CHECK(again.messages == whole.messages);
  return 0;
}
