// RequestHead: everything of a request but its body, as plain data.
//
// Owner: the connection's parser fills it, a job carries it to a worker, and it comes back to be
// reused. Thread: any; an instance belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tusk::http {

// A piece of the head's `text`.
struct Span {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
};

struct HeaderField {
  Span name;   // as sent
  Span value;  // without surrounding whitespace
};

enum class Version : std::uint8_t { kHttp10, kHttp11, kHttp2 };

// Returns "HTTP/1.0", "HTTP/1.1" or "HTTP/2.0", which access logs and $_SERVER show.
constexpr std::string_view version_text(Version version) noexcept {
  switch (version) {
    case Version::kHttp10:
      return "HTTP/1.0";
    case Version::kHttp2:
      return "HTTP/2.0";
    case Version::kHttp11:
      break;
  }
  return "HTTP/1.1";
}

// One contiguous text, and offsets into it instead of pointers, so it can be moved and recycled.
// h1::RequestParser and HTTP/2 build it, with the same guarantees:
//  - the method is a token; the target has no control byte, space or '#';
//  - names are tokens (case as sent); values have no CR, LF, NUL or other control byte but HTAB;
//  - the authority is a valid host[:port]; it is empty only for an HTTP/1.0 request without Host.
struct RequestHead {
  std::string text;
  Span method;
  Span target;     // as sent
  Span path;       // the target's path, still escaped; "*" for `OPTIONS *`; never empty
  Span query;      // without '?'
  Span authority;  // of an absolute-form target, else the value of Host (RFC 9112 §3.2.2)
  Version version = Version::kHttp11;
  bool has_query = false;        // tells "/a?" from "/a"
  bool keep_alive = true;        // RFC 9112 §9.3
  bool expect_continue = false;  // RFC 9110 §10.1.1; never for HTTP/1.0
  // The length of the body is known only at its end: chunked, or HTTP/2 without Content-Length.
  // content_length is empty then.
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
  std::vector<HeaderField> fields;  // in the order received; Host and framing fields included

  std::string_view view(Span span) const {
    return std::string_view(text).substr(span.offset, span.length);
  }

  // The first value under that name, which is given in lower case. It is also empty when the field
  // is there but has no value: use contains() to tell.
  std::string_view find(std::string_view lower_case_name) const;
  bool contains(std::string_view lower_case_name) const;
  const HeaderField* find_field(std::string_view lower_case_name) const;

  bool has_body() const { return chunked || content_length.value_or(0) > 0; }

  // Appends to the text. For code that builds a head from pieces (HTTP/2, tests).
  Span append(std::string_view piece);
  void add_field(std::string_view name, std::string_view value);

  // Resets everything but keeps the capacities.
  void clear();
};

}  // namespace tusk::http
