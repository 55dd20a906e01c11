// The PROXY protocol's header, versions 1 and 2: what a load balancer says of a connection's client
// before the client's own bytes.
//
// Pure functions over bytes. Thread: any. The protocol is HAProxy's, "The PROXY protocol" (its §2.1
// is the text form, §2.2 the binary one). Addresses are taken; names of unix sockets, TLVs and
// their checksum are passed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/ip_address.h"

namespace tusk::http {

struct ProxyEndpoint {
  base::IpAddress address;
  std::uint16_t port = 0;

  bool operator==(const ProxyEndpoint&) const = default;
};

// The two ends of the connection that the load balancer has accepted.
struct ProxyAddresses {
  ProxyEndpoint source;
  ProxyEndpoint destination;

  bool operator==(const ProxyAddresses&) const = default;
};

// 107 bytes in version 1, CRLF included (§2.1).
inline constexpr std::size_t kProxyTextBytes = 107;
// Of version 2, TLVs included: the length field allows 64 KiB, what is sent is some hundred bytes.
inline constexpr std::size_t kProxyBinaryBytes = 4096;

struct ProxyHeader {
  enum class Status : std::uint8_t { kNeedMore, kComplete, kInvalid };

  Status status = Status::kNeedMore;
  std::size_t length = 0;  // of a complete header: where the client's bytes begin
  // None in a connection that the balancer made for itself (LOCAL: a health check), or of which it
  // says nothing (UNKNOWN, unix sockets): the ends of the connection itself hold.
  std::optional<ProxyAddresses> addresses;
  std::string_view reason;  // why it is invalid: a literal, for the log
};

// Reads the header at the beginning of `bytes`, which are all there are so far.
ProxyHeader parse_proxy_header(std::string_view bytes);

}  // namespace tusk::http
