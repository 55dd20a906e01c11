#include "http/h2/response_fields.h"

#include <charconv>
#include <limits>

#include "base/check.h"
#include "http/status.h"
#include "http/token.h"

namespace tusk::http::h2 {
namespace {

// RFC 9113 §8.2.2: a message with one of these is malformed.
bool is_connection_specific(std::string_view lower_name) {
  return lower_name == "connection" || lower_name == "keep-alive" ||
         lower_name == "proxy-connection" || lower_name == "transfer-encoding" ||
         lower_name == "upgrade" || lower_name == "te" || lower_name == "trailer";
}

// Reads a script's Content-Length fields; valid if there is exactly one value and it is a number.
class OwnLength {
 public:
  void read(std::string_view value) {
    std::uint64_t length = 0;
    const char* const end = value.data() + value.size();
    const auto parsed = std::from_chars(value.data(), end, length);
    const bool good = parsed.ec == std::errc() && parsed.ptr == end &&
                      length <= std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    bad_ = bad_ || !good || (length_ && *length_ != length);
    length_ = length;
  }
  std::optional<std::uint64_t> get() const { return bad_ ? std::nullopt : length_; }

 private:
  std::optional<std::uint64_t> length_;
  bool bad_ = false;
};

}  // namespace

void ResponseFields::begin(int status, const ResponseHead& head) {
  fields_.clear();
  names_.clear();
  names_.reserve(head.text.size());
  const auto end = std::to_chars(status_.data(), status_.data() + status_.size(), status);
  fields_.push_back({":status", {status_.data(), end.ptr}});
}

std::string_view ResponseFields::lower(std::string_view name) {
  const std::size_t begin = names_.size();
  TUSK_CHECK(begin + name.size() <= names_.capacity());
  for (const char c : name) names_.push_back(ascii_lower(c));
  return std::string_view(names_).substr(begin);
}

void ResponseFields::fill_interim(const ResponseHead& head) {
  begin(head.status, head);
  for (const HeaderField& field : head.fields) {
    const std::string_view name = lower(head.view(field.name));
    if (is_connection_specific(name) || name == "content-length") continue;
    fields_.push_back({name, head.view(field.value)});
  }
}

ResponseBody ResponseFields::fill(const ResponseHead& head, const Framing& framing,
                                  const ResponseContext& context) {
  // After an interim status the client would wait for another head; HTTP/2 has no 101 (§8.6).
  const int status = head.status >= 200 && head.status <= 999 ? head.status : 500;
  begin(status, head);
  OwnLength own_length;
  bool own_date = false;
  bool own_server = false;
  for (const HeaderField& field : head.fields) {
    const std::string_view name = lower(head.view(field.name));
    const std::string_view value = head.view(field.value);
    if (is_connection_specific(name)) continue;
    if (name == "content-length") {
      own_length.read(value);
      continue;
    }
    // A 304 does not describe the representation, which the client has (RFC 9110 §15.4.5).
    if (status == 304 && name == "content-type") continue;
    own_date = own_date || name == "date";
    own_server = own_server || name == "server";
    fields_.push_back({name, value});
  }
  ResponseBody body;
  if (!is_bodyless(status)) {
    if (status == 205) {
      body.length = 0;  // RFC 9110 §15.3.6
    } else if (framing.kind == Framing::Kind::kKnown) {
      body.length = framing.content_length;
    } else if (framing.kind == Framing::Kind::kDeclared) {
      body.length = own_length.get();
    }
    if (body.length) {
      const auto end = std::to_chars(length_.data(), length_.data() + length_.size(), *body.length);
      fields_.push_back({"content-length", {length_.data(), end.ptr}});
    }
    body.follows = !context.head_request && body.length.value_or(1) > 0;
  }
  if (!own_date && !context.date.empty()) fields_.push_back({"date", context.date});
  if (!own_server && !context.server.empty()) fields_.push_back({"server", context.server});
  return body;
}

}  // namespace tusk::http::h2
