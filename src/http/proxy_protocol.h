// The header of the PROXY protocol, versions 1 and 2: a load balancer sends it before the client's
// own bytes, to say who the client is.
//
// Pure functions over bytes. Thread: any. The specification is HAProxy's "The PROXY protocol": §2.1
// is the text format, §2.2 the binary one. Addresses are read; names of unix sockets, TLVs and
// their checksum are skipped.
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

// The two ends of the connection that the load balancer accepted.
struct ProxyAddresses {
  ProxyEndpoint source;
  ProxyEndpoint destination;

  bool operator==(const ProxyAddresses&) const = default;
};

// The limit of version 1: 107 bytes, CRLF included (§2.1).
inline constexpr std::size_t kProxyTextBytes = 107;
// Our limit for version 2, TLVs included. The length field allows 64 KiB, but real headers have a
// few hundred bytes.
inline constexpr std::size_t kProxyBinaryBytes = 4096;

struct ProxyHeader {
  enum class Status : std::uint8_t { kNeedMore, kComplete, kInvalid };

  Status status = Status::kNeedMore;
  std::size_t length = 0;  // of a complete header: where the client's bytes begin
  // Empty for a connection that the balancer made for itself (LOCAL: a health check) or says
  // nothing about (UNKNOWN, unix sockets): then the ends of the connection itself count.
  std::optional<ProxyAddresses> addresses;
  std::string_view reason;  // why the header is invalid: a literal, for the log
};

// Reads the header at the beginning of `bytes`, which are all bytes received so far.
ProxyHeader parse_proxy_header(std::string_view bytes);

}  // namespace tusk::http
