#include "http/h1/response_writer.h"

#include <array>
#include <charconv>
#include <limits>

#include "http/status.h"
#include "http/token.h"

namespace tusk::http::h1 {
namespace {

enum class FieldKind : std::uint8_t {
  kOther,
  kHopByHop,
  kContentLength,
  kContentType,
  kDate,
  kServer
};

FieldKind kind_of(std::string_view name) {
  const auto is = [name](std::string_view lower) { return equals_lower(name, lower); };
  switch (name.size()) {
    case 2:
      return is("te") ? FieldKind::kHopByHop : FieldKind::kOther;
    case 4:
      return is("date") ? FieldKind::kDate : FieldKind::kOther;
    case 6:
      return is("server") ? FieldKind::kServer : FieldKind::kOther;
    case 7:
      return is("trailer") || is("upgrade") ? FieldKind::kHopByHop : FieldKind::kOther;
    case 10:
      return is("connection") || is("keep-alive") ? FieldKind::kHopByHop : FieldKind::kOther;
    case 12:
      return is("content-type") ? FieldKind::kContentType : FieldKind::kOther;
    case 14:
      return is("content-length") ? FieldKind::kContentLength : FieldKind::kOther;
    case 16:
      return is("proxy-connection") ? FieldKind::kHopByHop : FieldKind::kOther;
    case 17:
      return is("transfer-encoding") ? FieldKind::kHopByHop : FieldKind::kOther;
    default:
      return FieldKind::kOther;
  }
}

// Facts from those fields of the response that are not copied unchanged.
struct OwnFields {
  bool date = false;
  bool server = false;
  bool has_length = false;
  bool bad_length = false;  // not a number, or two that differ
  std::uint64_t length = 0;
};

void read_own_length(OwnFields& own, std::string_view value) {
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  const bool good = error == std::errc() && end == value.data() + value.size() &&
                    length <= std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  own.bad_length = own.bad_length || !good || (own.has_length && own.length != length);
  own.has_length = true;
  own.length = length;
}

// Appends all fields that do not belong to the connection. Runs of fields are copied at once.
OwnFields append_fields(std::string& out, const ResponseHead& head, int status) {
  OwnFields own;
  std::size_t copied = 0;  // of head.text
  for (const HeaderField& field : head.fields) {
    const FieldKind kind = kind_of(head.view(field.name));
    if (kind == FieldKind::kOther) continue;
    // A 304 does not describe the representation, which the client has (RFC 9110 §15.4.5).
    if (kind == FieldKind::kContentType && status != 304) continue;
    if (kind == FieldKind::kDate) {
      own.date = true;
    } else if (kind == FieldKind::kServer) {
      own.server = true;
    } else {
      if (kind == FieldKind::kContentLength) read_own_length(own, head.view(field.value));
      out.append(head.text, copied, field.name.offset - copied);
      copied = field.value.offset + field.value.length + 2;
    }
  }
  out.append(head.text, copied);
  return own;
}

void append_status_line(std::string& out, int status, const std::string& reason) {
  // Always our highest version, even to a 1.0 client (RFC 9110 §6.2).
  out.append("HTTP/1.1 ");
  const char digits[] = {static_cast<char>('0' + status / 100),
                         static_cast<char>('0' + status / 10 % 10),
                         static_cast<char>('0' + status % 10), ' '};
  out.append(digits, sizeof digits);
  const bool own = !reason.empty() && is_field_value(reason);
  out.append(own ? std::string_view(reason) : reason_phrase(status)).append("\r\n");
}

void append_length(std::string& out, std::uint64_t length) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), length).ptr;
  out.append("Content-Length: ").append(digits.data(), end).append("\r\n");
}

WrittenHead append_framing(std::string& out, int status, const Framing& framing,
                           const OwnFields& own, const ResponseContext& context) {
  WrittenHead written{BodyCoding::kNone, 0, context.keep_alive};
  if (is_bodyless(status)) return written;
  Framing decided = framing;
  if (status == 205) decided = Framing::known(0);
  if (decided.kind == Framing::Kind::kDeclared && own.has_length && !own.bad_length) {
    decided = Framing::known(own.length);
  }
  if (decided.kind == Framing::Kind::kKnown) {
    append_length(out, decided.content_length);
    written.length = decided.content_length;
    written.coding = BodyCoding::kSized;
  } else if (context.version == Version::kHttp10) {
    written.coding = BodyCoding::kUntilClose;
  } else {
    // Not for HEAD, where no chunk follows (RFC 9110 §9.3.2).
    if (!context.head_request) out.append("Transfer-Encoding: chunked\r\n");
    written.coding = BodyCoding::kChunked;
  }
  if (context.head_request) {
    written.coding = BodyCoding::kNone;
    written.length = 0;
  }
  if (written.coding == BodyCoding::kUntilClose) written.keep_alive = false;
  return written;
}

}  // namespace

WrittenHead append_response_head(std::string& out, const ResponseHead& head, const Framing& framing,
                                 const ResponseContext& context) {
  const bool sane = head.status >= 100 && head.status <= 999;
  const int status = sane ? head.status : 500;
  append_status_line(out, status, sane ? head.reason : std::string());
  const OwnFields own = append_fields(out, head, status);
  if (status < 200) {
    out.append("\r\n");
    return {BodyCoding::kNone, 0, context.keep_alive};
  }
  const WrittenHead written = append_framing(out, status, framing, own, context);
  if (!own.date && !context.date.empty()) {
    out.append("Date: ").append(context.date).append("\r\n");
  }
  if (!own.server && !context.server.empty()) {
    out.append("Server: ").append(context.server).append("\r\n");
  }
  // RFC 9112 §9.3, §9.6: HTTP/1.1 connections persist by default, HTTP/1.0 connections do not.
  if (!written.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (context.version == Version::kHttp10) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
  return written;
}

void append_chunk_header(std::string& out, std::uint64_t size) {
  if (size == 0) return;
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
  out.append(digits.data(), end).append("\r\n");
}

}  // namespace tusk::http::h1
