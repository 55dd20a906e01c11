#include "http/forwarded.h"

#include <charconv>

#include "http/target.h"
#include "http/token.h"

namespace tusk::http {

namespace {

constexpr std::string_view kFor = "x-forwarded-for";
constexpr std::string_view kProto = "x-forwarded-proto";
constexpr std::string_view kHost = "x-forwarded-host";
constexpr std::string_view kPort = "x-forwarded-port";
constexpr std::string_view kForwarded = "forwarded";

std::uint16_t parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && stop == text.data() + text.size() ? port : std::uint16_t{0};
}

// Only "http" and "https": a client can have used nothing else.
std::string_view known_scheme(std::string_view text) {
  if (equals_lower(text, "https")) return "https";
  if (equals_lower(text, "http")) return "http";
  return {};
}

// The text ends with a quote: returns where that quoted string begins.
std::size_t opening_quote(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0) {
    at = text.rfind('"', at - 1);
    if (at == std::string_view::npos) return at;
    std::size_t backslashes = 0;
    while (backslashes < at && text[at - 1 - backslashes] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return at;
  }
  return std::string_view::npos;
}

// Visits all elements of all fields of that name, from the last to the first.
template <class Visit>
void for_each_from_end(const RequestHead& head, std::string_view name, Visit visit) {
  for (auto field = head.fields.rbegin(); field != head.fields.rend(); ++field) {
    if (!equals_lower(head.view(field->name), name)) continue;
    ListFromEnd list(head.view(field->value));
    while (const auto element = list.next()) {
      if (!visit(*element)) return;
    }
  }
}

// The element of another list that belongs to the client's element in X-Forwarded-For. If the lists
// differ in length, nobody can tell which elements belong together: then the last one counts, which
// the nearest proxy wrote.
std::string_view beside(const RequestHead& head, std::string_view name, std::size_t index,
                        std::size_t length) {
  std::string_view last;
  std::string_view found;
  std::size_t count = 0;
  for_each_from_end(head, name, [&](std::string_view element) {
    if (count == 0) last = element;
    if (count == index) found = element;
    ++count;
    return true;
  });
  return count == length ? found : last;
}

ForwardedOrigin read_x_forwarded(const RequestHead& head, const IsTrustedProxy& is_trusted,
                                 const ForwardedFields& fields) {
  ForwardedOrigin origin;
  std::size_t length = 0;
  std::size_t index = 0;         // of the leftmost element that counts
  bool trusted = fields.client;  // whether a trusted proxy added the current element
  for_each_from_end(head, kFor, [&](std::string_view element) {
    if (trusted) {
      index = length;
      const auto node = parse_forwarded_node(element);
      if (node) origin.client = node;
      trusted = node && is_trusted(node->address);
    }
    ++length;
    return true;
  });
  if (fields.scheme) origin.scheme = known_scheme(beside(head, kProto, index, length));
  if (fields.host) origin.host = beside(head, kHost, index, length);
  if (!is_valid_authority(origin.host)) origin.host = {};
  if (fields.port) origin.port = parse_port(beside(head, kPort, index, length));
  return origin;
}

ForwardedOrigin read_rfc7239(const RequestHead& head, const IsTrustedProxy& is_trusted) {
  ForwardedOrigin origin;
  for_each_from_end(head, kForwarded, [&](std::string_view text) {
    const ForwardedElement element = parse_forwarded_element(text);
    if (!element.well_formed) return false;
    if (const auto scheme = known_scheme(element.proto); !scheme.empty()) origin.scheme = scheme;
    if (!element.host.empty()) origin.host = element.host;
    const auto node = parse_forwarded_node(element.node);
    if (node) origin.client = node;
    return node && is_trusted(node->address);
  });
  return origin;
}

bool has_x_forwarded(const RequestHead& head, const ForwardedFields& fields) {
  for (const HeaderField& field : head.fields) {
    const std::string_view name = head.view(field.name);
    if ((fields.client && equals_lower(name, kFor)) ||
        (fields.scheme && equals_lower(name, kProto)) ||
        (fields.host && equals_lower(name, kHost)) || (fields.port && equals_lower(name, kPort))) {
      return true;
    }
  }
  return false;
}

// Reads pairs from the beginning of an element (RFC 7239 §4).
class PairReader {
 public:
  explicit PairReader(std::string_view text) : rest_(trim_ows(text)) {}

  bool at_end() const { return rest_.empty(); }
  // Returns false if this is not a pair.
  bool read(std::string_view& name, std::string_view& value) {
    const std::size_t equals = rest_.find('=');
    if (equals == std::string_view::npos) return false;
    name = rest_.substr(0, equals);
    rest_.remove_prefix(equals + 1);
    if (!is_token(name)) return false;
    return rest_.starts_with('"') ? read_quoted(value) : read_token(value);
  }
  // Skips semicolons, of which there may be several. Returns false if something else is there.
  bool skip_separator() {
    rest_ = trim_ows(rest_);
    if (!rest_.empty() && !rest_.starts_with(';')) return false;
    while (rest_.starts_with(';')) rest_ = trim_ows(rest_.substr(1));
    return true;
  }

 private:
  bool read_token(std::string_view& value) {
    std::size_t length = 0;
    while (length < rest_.size() && is_token_char(rest_[length])) ++length;
    value = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return length > 0;
  }
  // A value with an escape counts as present but empty: no useful value needs one.
  bool read_quoted(std::string_view& value) {
    bool escaped = false;
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] == '\\') {
        escaped = true;
        ++at;
      } else if (rest_[at] == '"') {
        value = escaped ? std::string_view() : rest_.substr(1, at - 1);
        rest_.remove_prefix(at + 1);
        return true;
      }
    }
    return false;
  }

  std::string_view rest_;
};

// Returns false if the parameter was there before, which RFC 7239 §4 forbids.
bool set_once(std::string_view& member, bool& seen, std::string_view value) {
  if (seen) return false;
  seen = true;
  member = value;
  return true;
}

}  // namespace

ForwardedElement parse_forwarded_element(std::string_view element) {
  constexpr ForwardedElement kMalformed{.node = {}, .proto = {}, .host = {}, .well_formed = false};
  ForwardedElement result;
  bool has_node = false;
  bool has_proto = false;
  bool has_host = false;
  PairReader reader(element);
  while (!reader.at_end()) {
    std::string_view name;
    std::string_view value;
    if (!reader.read(name, value) || !reader.skip_separator()) return kMalformed;
    bool first = true;
    if (equals_lower(name, "for")) {
      first = set_once(result.node, has_node, value);
    } else if (equals_lower(name, "proto")) {
      first = set_once(result.proto, has_proto, value);
    } else if (equals_lower(name, "host")) {
      first = set_once(result.host, has_host, value);
    }
    if (!first) return kMalformed;
  }
  if (!is_valid_authority(result.host)) result.host = {};
  return result;
}

std::optional<ForwardedNode> parse_forwarded_node(std::string_view node) {
  std::string_view address = node;
  std::string_view port;
  if (node.starts_with('[')) {
    const std::size_t bracket = node.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    address = node.substr(1, bracket - 1);
    if (address.find(':') == std::string_view::npos) return std::nullopt;
    port = node.substr(bracket + 1);
  } else if (const std::size_t colon = node.find(':');
             colon != std::string_view::npos && colon == node.rfind(':')) {
    address = node.substr(0, colon);
    port = node.substr(colon);
  }
  if (!port.empty() && port.front() != ':') return std::nullopt;
  const auto parsed = base::parse_ip(address);
  if (!parsed) return std::nullopt;
  // An invalid port, such as RFC 7239's "_hidden", counts as not given.
  return ForwardedNode{.address = *parsed,
                       .port = port.empty() ? std::uint16_t{0} : parse_port(port.substr(1))};
}

std::optional<std::string_view> ListFromEnd::next() {
  while (!rest_.empty()) {
    std::size_t begin = rest_.size();
    while (begin > 0 && rest_[begin - 1] != ',') {
      --begin;
      if (rest_[begin] != '"') continue;
      begin = opening_quote(rest_.substr(0, begin + 1));
      if (begin == std::string_view::npos) begin = 0;  // everything before is one broken element
    }
    const std::string_view element = trim_ows(rest_.substr(begin));
    rest_ = rest_.substr(0, begin == 0 ? 0 : begin - 1);
    if (!element.empty()) return element;
  }
  return std::nullopt;
}

ForwardedOrigin read_forwarded(const RequestHead& head, const IsTrustedProxy& is_trusted,
                               const ForwardedFields& fields) {
  if (has_x_forwarded(head, fields)) return read_x_forwarded(head, is_trusted, fields);
  return fields.rfc7239 ? read_rfc7239(head, is_trusted) : ForwardedOrigin();
}

std::string_view ignored_field(const RequestHead& head, const ForwardedFields& fields) {
  const bool reads_any = has_x_forwarded(head, fields);
  for (const HeaderField& field : head.fields) {
    const std::string_view name = head.view(field.name);
    if (!fields.host && equals_lower(name, kHost) &&
        head.view(field.value) != head.view(head.authority)) {
      return name;
    }
    if (!fields.rfc7239 && !reads_any && equals_lower(name, kForwarded)) return name;
  }
  return {};
}

}  // namespace tusk::http
