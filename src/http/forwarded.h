// Reads the fields in which proxies describe a request: X-Forwarded-For, -Proto, -Host, -Port, and
// Forwarded (RFC 7239).
//
// Each proxy appends to the right, so a list is read from its end: an element counts only if the
// proxy that added it is trusted, because the client may have made up everything further left. A
// malformed element ends the reading; elements to its right still count.
//
// Only the fields that the proxy is known to set are read (ForwardedFields): it passes on others as
// the client sent them. If a request has any X-Forwarded-* field that is read, Forwarded is
// ignored: nearly all proxies write the former.
//
// Pure functions over views, to be called only when the peer is a trusted proxy. Thread: any.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/ip_address.h"
#include "http/request.h"

namespace tusk::http {

// One element of Forwarded. Parameters that are missing or invalid are empty.
struct ForwardedElement {
  std::string_view node;   // "192.0.2.1:80", "[2001:db8::1]", "unknown", "_hidden"
  std::string_view proto;  // any token
  std::string_view host;   // a valid authority
  bool well_formed = true;
};
ForwardedElement parse_forwarded_element(std::string_view element);

// 192.0.2.1, 192.0.2.1:80, 2001:db8::1, [2001:db8::1], [2001:db8::1]:80.
struct ForwardedNode {
  base::IpAddress address;
  std::uint16_t port = 0;  // 0: not given
};
std::optional<ForwardedNode> parse_forwarded_node(std::string_view node);

// Takes elements off the end of a list that may contain quoted strings. Views into `list`.
class ListFromEnd {
 public:
  explicit ListFromEnd(std::string_view list) : rest_(list) {}
  // The last element that is not empty, trimmed. Nothing when none is left.
  std::optional<std::string_view> next();

 private:
  std::string_view rest_;
};

// The client as trusted proxies describe it; members that they did not send are empty. Views into
// the head.
struct ForwardedOrigin {
  std::optional<ForwardedNode> client;
  std::string_view scheme;  // "http" or "https"
  std::string_view host;    // a valid authority
  std::uint16_t port = 0;

  bool empty() const { return !client && scheme.empty() && host.empty() && port == 0; }
};

// The fields that are read. The default is what proxies set by themselves. A proxy that does not
// set the host passes on the client's, who would then choose the host.
struct ForwardedFields {
  bool client = true;  // X-Forwarded-For
  bool scheme = true;  // X-Forwarded-Proto
  bool host = false;   // X-Forwarded-Host
  bool port = false;   // X-Forwarded-Port
  // Forwarded, with all that it says: an element of a client counts no more than one of
  // X-Forwarded-For.
  bool rfc7239 = false;

  bool operator==(const ForwardedFields&) const = default;
};

using IsTrustedProxy = std::function<bool(const base::IpAddress&)>;
ForwardedOrigin read_forwarded(const RequestHead& head, const IsTrustedProxy& is_trusted,
                               const ForwardedFields& fields = {});

// The name of the first field of the request that may say something else than what is read, but is
// not among `fields`: X-Forwarded-Host with another host, or Forwarded in place of all others.
// Empty if there is none.
std::string_view ignored_field(const RequestHead& head, const ForwardedFields& fields);

}  // namespace tusk::http
