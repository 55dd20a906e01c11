// Address: an address to listen on.
//
// Thread: any; a value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tusk::config {

// Where to listen. Its text is host:port, :port, [v6]:port, unix:/path or unix:@name (abstract: no
// file). http:// or https:// in front of the first three says whether it speaks TLS. net/ turns a
// host name into socket addresses.
struct Address {
  enum class Kind { kTcp, kUnix };
  enum class Scheme {
    kByPort,  // none given: TLS if there is a certificate, except on port 80 and unix sockets
    kHttp,
    kHttps,
  };

  Scheme scheme = Scheme::kByPort;
  Kind kind = Kind::kTcp;
  std::string host;        // empty: every interface, IPv4 and IPv6; an IPv6 address has no brackets
  std::uint16_t port = 0;  // 0: the kernel chooses one
  std::string path;        // of a unix socket; "@name" if it is abstract

  // An abstract name is not a file; the network namespace knows it (unix(7)).
  bool is_abstract() const { return path.starts_with('@'); }
  bool speaks_tls(bool has_certificate) const {
    if (scheme != Scheme::kByPort) return scheme == Scheme::kHttps;
    return has_certificate && kind == Kind::kTcp && port != kHttpPort;
  }
  // Whether the two cannot be listened on at the same time.
  bool same_place(const Address& other) const {
    return kind == other.kind && host == other.host && port == other.port && path == other.path;
  }

  bool operator==(const Address&) const = default;

  static constexpr std::uint16_t kHttpPort = 80;
};

base::Result<Address> parse_address(std::string_view text);

// The text that parse_address() reads back as the same address.
std::string to_string(const Address& address);

}  // namespace tusk::config
