// RequestHead: everything of a request but its body, as plain data.
//
// Owned by whoever holds it: the connection's parser fills it, a job carries it to a worker, and
// it comes back to be filled again. Thread: any; an instance belongs to one thread at a time.
// One contiguous text and offsets into it: no pointer, so it can be moved, recycled, or copied into
// shared memory. Built by h1::RequestParser and by HTTP/2; both deliver the same guarantees:
//  - method is a token; target has no control byte, no space and no '#';
//  - names are tokens (case as sent), values have no CR, LF, NUL or other control byte but HTAB;
//  - authority is a valid host[:port], and empty for an HTTP/1.0 request without Host only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tusk::http {

// A piece of the owner's `text`.
struct Span {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
};

struct HeaderField {
  Span name;   // as sent
  Span value;  // without the whitespace around it
};

enum class Version : std::uint8_t { kHttp10, kHttp11, kHttp2 };

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
  // The body's length shows at its end: chunked, or HTTP/2 without Content-Length. Then
  // content_length is empty.
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
  std::vector<HeaderField> fields;  // in the order they came; Host and framing fields included

  std::string_view view(Span span) const {
    return std::string_view(text).substr(span.offset, span.length);
  }

  // The first value under that name, which must be given in lower case. Empty also when the field
  // is there and has no value: `contains` tells.
  std::string_view find(std::string_view lower_case_name) const;
  bool contains(std::string_view lower_case_name) const;
  const HeaderField* find_field(std::string_view lower_case_name) const;

  bool has_body() const { return chunked || content_length.value_or(0) > 0; }

  // Appends to the text; for whoever builds a head from pieces (HTTP/2, tests).
  Span append(std::string_view piece);
  void add_field(std::string_view name, std::string_view value);

  // As new, except that capacities stay.
  void clear();
};

}  // namespace tusk::http
