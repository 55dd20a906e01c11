#include "http/h1/head_rules.h"

#include <cstdint>
#include <limits>

#include "http/target.h"
#include "http/token.h"

namespace tusk::http::h1 {
namespace {

Span span_of(const RequestHead& head, std::string_view piece) {
  return {static_cast<std::uint32_t>(piece.data() - head.text.data()),
          static_cast<std::uint32_t>(piece.size())};
}

// RFC 9112 §2.3: "HTTP/" DIGIT "." DIGIT, in capitals.
Refusal read_version(RequestHead& head, std::string_view text) {
  if (text == "HTTP/1.1") {
    head.version = Version::kHttp11;
    return kNotRefused;
  }
  if (text == "HTTP/1.0") {
    head.version = Version::kHttp10;
    return kNotRefused;
  }
  const bool well_formed = text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) &&
                           text[6] == '.' && is_digit(text[7]);
  if (well_formed) return {505, "HTTP version is neither 1.0 nor 1.1"};
  return {400, "malformed HTTP version"};
}

Refusal read_target(RequestHead& head, std::string_view text) {
  const std::optional<Target> target = split_target(text, head.view(head.method));
  if (!target) return {400, "invalid request target"};
  head.target = span_of(head, text);
  head.path = span_of(head, target->path);
  head.has_query = target->has_query;
  if (target->has_query) head.query = span_of(head, target->query);
  if (target->form != TargetForm::kAbsolute) return kNotRefused;
  head.authority = span_of(head, target->authority);
  if (target->path.empty()) {
    // "http://host" is "/" on that host, or "*" for OPTIONS (RFC 9112 §3.2.1, §3.2.4).
    const bool star = head.view(head.method) == "OPTIONS" && !target->has_query;
    head.path = head.append(star ? "*" : "/");
  }
  return kNotRefused;
}

// The facts in the fields that decide where the message ends.
struct Seen {
  bool host = false;
  bool transfer_encoding = false;
  bool chunked = false;         // it is the last coding
  bool unknown_coding = false;  // before chunked
  bool close = false;
  bool keep_alive = false;
};

Refusal read_host(RequestHead& head, Seen& seen, Span& value) {
  // RFC 9112 §3.2: a second Host, or an invalid one, is answered with 400. An empty Host means an
  // empty authority, which http and https URIs must not have (RFC 9110 §4.2.1).
  if (seen.host) return {400, "more than one Host field"};
  seen.host = true;
  if (!is_valid_authority(head.view(value))) return {400, "invalid Host field"};
  // §3.2.2: the target's authority wins, and everything sees it as Host.
  if (head.authority.length == 0) {
    head.authority = value;
  } else {
    value = head.authority;
  }
  return kNotRefused;
}

Refusal read_content_length(RequestHead& head, std::string_view value) {
  // RFC 9112 §6.3: an invalid value, or a list of equal ones, is an unrecoverable error.
  if (head.content_length) return {400, "more than one Content-Length field"};
  if (value.empty()) return {400, "empty Content-Length"};
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t length = 0;
  bool absurd = false;
  for (const char c : value) {
    if (!is_digit(c)) return {400, "invalid Content-Length"};
    const auto digit = static_cast<std::uint64_t>(c - '0');
    absurd = absurd || length > (kMost - digit) / 10;
    if (!absurd) length = length * 10 + digit;
  }
  if (absurd) return {413, "Content-Length too large"};
  head.content_length = length;
  return kNotRefused;
}

// RFC 9112 §6.1, §7. All lines form one list. Empty elements, which lists may have, are refused: no
// client sends them, and servers interpret them differently.
Refusal read_transfer_encoding(Seen& seen, std::string_view value) {
  seen.transfer_encoding = true;
  for (;;) {
    const std::size_t comma = value.find(',');
    const std::string_view coding = trim_ows(value.substr(0, comma));
    if (seen.chunked) return {400, "chunked is not the last transfer coding"};
    if (!is_token(coding)) return {400, "malformed Transfer-Encoding"};
    if (equals_lower(coding, "chunked")) {
      seen.chunked = true;
    } else {
      seen.unknown_coding = true;
    }
    if (comma == std::string_view::npos) return kNotRefused;
    value.remove_prefix(comma + 1);
  }
}

// RFC 9110 §10.1.1: an expectation that cannot be met is answered with 417. HTTP/1.0 has none.
Refusal read_expect(RequestHead& head, std::string_view value) {
  if (head.version == Version::kHttp10) return kNotRefused;
  bool known = true;
  for_each_element(value, [&](std::string_view element) {
    known = equals_lower(element, "100-continue");
    head.expect_continue = known;
    return known;
  });
  if (!known) return {417, "unknown expectation"};
  return kNotRefused;
}

Refusal read_field(RequestHead& head, Seen& seen, HeaderField& field) {
  const std::string_view name = head.view(field.name);
  const std::string_view value = head.view(field.value);
  switch (name.size()) {
    case 4:
      if (equals_lower(name, "host")) return read_host(head, seen, field.value);
      break;
    case 6:
      if (equals_lower(name, "expect")) return read_expect(head, value);
      break;
    case 10:
      if (equals_lower(name, "connection")) {
        seen.close = seen.close || list_contains(value, "close");
        seen.keep_alive = seen.keep_alive || list_contains(value, "keep-alive");
      }
      break;
    case 14:
      if (equals_lower(name, "content-length")) return read_content_length(head, value);
      break;
    case 17:
      if (equals_lower(name, "transfer-encoding")) return read_transfer_encoding(seen, value);
      break;
    default:
      break;
  }
  return kNotRefused;
}

Refusal check_framing(RequestHead& head, const Seen& seen) {
  if (!seen.transfer_encoding) return kNotRefused;
  // RFC 9112 §6.1: a message with both ought to be an error; HTTP/1.0 has no transfer codings.
  if (head.content_length) return {400, "Transfer-Encoding with Content-Length"};
  if (head.version == Version::kHttp10) return {400, "Transfer-Encoding in an HTTP/1.0 request"};
  // §6.3: if chunked is not the last coding, the length is unknown.
  if (!seen.chunked) return {400, "the last transfer coding is not chunked"};
  if (seen.unknown_coding) return {501, "unknown transfer coding"};
  head.chunked = true;
  return kNotRefused;
}

}  // namespace

Refusal read_request_line(RequestHead& head, Span line, std::size_t target_bytes) {
  const std::string_view text = head.view(line);
  const std::size_t first = text.find(' ');
  const std::string_view method = text.substr(0, first);
  if (!is_token(method)) return {400, "malformed method"};
  if (method.size() > kMethodBytes) return {501, "method too long"};
  if (first == std::string_view::npos) return {400, "request line without target"};
  const std::size_t second = text.find(' ', first + 1);
  if (second == std::string_view::npos) return {400, "request line without version"};
  head.method = span_of(head, method);
  const std::string_view target = text.substr(first + 1, second - first - 1);
  if (target.size() > target_bytes) return {414, "request target too long"};
  if (const Refusal bad = read_version(head, text.substr(second + 1)); bad.refused()) return bad;
  // RFC 9110 §9.3.6, §9.1: CONNECT is for tunnels, which an origin server does not provide.
  if (method == "CONNECT") return {501, "CONNECT is not implemented"};
  return read_target(head, target);
}

Refusal refuse_long_line(std::string_view begin) {
  const std::string_view method = begin.substr(0, begin.find(' '));
  if (!is_token(method)) return {400, "malformed method"};
  if (method.size() > kMethodBytes) return {501, "method too long"};
  return {414, "request line too long"};
}

Refusal read_fields(RequestHead& head) {
  Seen seen;
  for (HeaderField& field : head.fields) {
    while (field.value.length > 0 &&
           is_ows(head.text[field.value.offset + field.value.length - 1])) {
      --field.value.length;
    }
    if (const Refusal bad = read_field(head, seen, field); bad.refused()) return bad;
  }
  // RFC 9112 §3.2: HTTP/1.1 requires Host, even with an absolute-form target.
  if (!seen.host && head.version == Version::kHttp11) return {400, "no Host field"};
  head.keep_alive = !seen.close && (head.version == Version::kHttp11 || seen.keep_alive);
  return check_framing(head, seen);
}

}  // namespace tusk::http::h1
