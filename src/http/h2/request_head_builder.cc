#include "http/h2/request_head_builder.h"

#include <limits>
#include <optional>
#include <utility>

#include "http/target.h"
#include "http/token.h"

namespace tusk::http::h2 {
namespace {

// RFC 9113 §6.5.2: a field counts this much besides its name and value.
constexpr std::size_t kFieldOverhead = 32;

// A longer method is one that tusk does not implement, also in HTTP/1.
constexpr std::size_t kMethodBytes = 32;

}  // namespace

void RequestHeadBuilder::clear() {
  head_.clear();
  head_.version = Version::kHttp2;
  cookies_.clear();
  scheme_ = pseudo_authority_ = host_ = Span();
  has_host_ = too_large_ = false;
  bytes_ = count_ = 0;
}

void RequestHeadBuilder::free_large() {
  constexpr std::size_t kKept = std::size_t{4} * 1024;
  const std::size_t fields = head_.fields.capacity() * sizeof(HeaderField);
  if (head_.text.capacity() > kKept || fields > kKept) {
    RequestHead none;  // an assignment would keep the string's memory
    std::swap(head_, none);
  }
  if (cookies_.capacity() > kKept) std::string().swap(cookies_);
}

RequestHeadBuilder::Added RequestHeadBuilder::add(std::string_view name, std::string_view value) {
  bytes_ += name.size() + value.size() + kFieldOverhead;
  if (bytes_ > kExcess * limits_.header_bytes) return Added::kExcessive;
  if (bytes_ > limits_.header_bytes) too_large_ = true;
  if (name.starts_with(':')) return add_pseudo(name, value);
  // nghttp2 has checked this already, but the guarantee is ours.
  if (!is_token(name) || !is_field_value(value)) return Added::kMalformed;
  const bool is_crumb = name == "cookie";
  if (!is_crumb || cookies_.empty()) ++count_;
  if (count_ > limits_.header_count) too_large_ = true;
  if (too_large_) return Added::kTaken;
  value = trim_ows(value);
  if (is_crumb) {
    add_cookie(value);
  } else if (name == "host") {
    if (has_host_) return Added::kMalformed;
    has_host_ = true;
    host_ = head_.append(value);
  } else {
    head_.add_field(name, value);
  }
  return Added::kTaken;
}

RequestHeadBuilder::Added RequestHeadBuilder::add_pseudo(std::string_view name,
                                                         std::string_view value) {
  if (!is_field_value(value)) return Added::kMalformed;
  if (too_large_) return Added::kTaken;
  if (name == ":method") {
    head_.method = head_.append(value);
  } else if (name == ":path") {
    head_.target = head_.append(value);
  } else if (name == ":scheme") {
    scheme_ = head_.append(value);
  } else if (name == ":authority") {
    pseudo_authority_ = head_.append(value);
  } else {
    return Added::kMalformed;  // §8.3: no other pseudo field is defined for requests
  }
  return Added::kTaken;
}

void RequestHeadBuilder::add_cookie(std::string_view crumb) {
  if (!cookies_.empty()) cookies_.append("; ");
  cookies_.append(crumb);
}

Refusal RequestHeadBuilder::finish(Body body) {
  if (too_large_) return {431, "header too large"};
  if (const Refusal bad = read_method_and_target(head_.view(head_.method) == "CONNECT");
      bad.refused()) {
    return bad;
  }
  if (const Refusal bad = read_authority(); bad.refused()) return bad;
  if (!cookies_.empty()) head_.add_field("cookie", cookies_);
  if (const Refusal bad = read_expect(body); bad.refused()) return bad;
  if (const HeaderField* length = head_.find_field("content-length"); length != nullptr) {
    return read_content_length(head_.view(length->value));
  }
  head_.chunked = body == Body::kFollows;  // the length is known only at the end
  return kNotRefused;
}

Refusal RequestHeadBuilder::read_method_and_target(bool connect) {
  const std::string_view method = head_.view(head_.method);
  if (!is_token(method)) return {400, "malformed method"};
  if (method.size() > kMethodBytes) return {501, "method too long"};
  // RFC 9110 §9.3.6: CONNECT is for tunnels, which an origin server does not provide.
  if (connect) return {501, "CONNECT is not implemented"};
  const std::string_view scheme = head_.view(scheme_);
  if (!equals_lower(scheme, "http") && !equals_lower(scheme, "https")) {
    return {400, "scheme is neither http nor https"};
  }
  if (head_.target.length > limits_.target_bytes) return {414, "request target too long"};
  const std::optional<Target> target = split_target(head_.view(head_.target), method);
  // RFC 9113 §8.3.1: :path is never a whole URI.
  if (!target || target->form == TargetForm::kAbsolute) return {400, "invalid :path"};
  head_.path = span_of(target->path);
  head_.has_query = target->has_query;
  if (target->has_query) head_.query = span_of(target->query);
  return kNotRefused;
}

// RFC 9113 §8.3.1: either field, or both with the same host. Scripts see it as Host.
Refusal RequestHeadBuilder::read_authority() {
  const bool has_pseudo = pseudo_authority_.length > 0;
  if (has_pseudo && has_host_ &&
      !equals_ignoring_case(head_.view(pseudo_authority_), head_.view(host_))) {
    return {400, ":authority and Host differ"};
  }
  head_.authority = has_pseudo ? pseudo_authority_ : host_;
  if (head_.authority.length == 0) return {400, "neither :authority nor Host"};
  if (!is_valid_authority(head_.view(head_.authority))) return {400, "invalid :authority"};
  head_.fields.push_back({head_.append("host"), head_.authority});
  return kNotRefused;
}

// RFC 9110 §10.1.1: an expectation that cannot be met is answered with 417, as in HTTP/1.
Refusal RequestHeadBuilder::read_expect(Body body) {
  bool known = true;
  for (const HeaderField& field : head_.fields) {
    if (head_.view(field.name) != "expect") continue;
    for_each_element(head_.view(field.value), [&](std::string_view element) {
      known = known && equals_lower(element, "100-continue");
      head_.expect_continue = known && body == Body::kFollows;
      return known;
    });
  }
  return known ? kNotRefused : Refusal{417, "unknown expectation"};
}

Refusal RequestHeadBuilder::read_content_length(std::string_view value) {
  if (value.empty()) return {400, "empty Content-Length"};
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t length = 0;
  for (const char c : value) {
    if (!is_digit(c)) return {400, "invalid Content-Length"};
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (length > (kMost - digit) / 10) return {413, "Content-Length too large"};
    length = length * 10 + digit;
  }
  head_.content_length = length;
  return kNotRefused;
}

Span RequestHeadBuilder::span_of(std::string_view piece) const {
  return {static_cast<std::uint32_t>(piece.data() - head_.text.data()),
          static_cast<std::uint32_t>(piece.size())};
}

}  // namespace tusk::http::h2
