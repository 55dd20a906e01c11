// Address: where to listen, as text and as plain data. host:port, :port, [v6]:port, unix:/path,
// unix:@name (abstract: no file); in front of the first three http:// or https:// may say what is
// spoken there.
//
// Thread: any; a value. Nothing is looked up here: net/ turns a host name into socket addresses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tusk::config {

struct Address {
  enum class Kind { kTcp, kUnix };
  enum class Scheme {
    kByPort,  // none was given: TLS if there is a certificate, but on port 80 and unix sockets
    kHttp,
    kHttps,
  };

  Scheme scheme = Scheme::kByPort;
  Kind kind = Kind::kTcp;
  std::string host;  // empty: every interface, IPv4 and IPv6; an IPv6 address is without brackets
  std::uint16_t port = 0;  // 0: the kernel chooses one
  std::string path;        // of a unix socket; "@name" of an abstract one

  // A name that is no file, known within the network namespace (unix(7)).
  bool is_abstract() const { return path.starts_with('@'); }
  bool speaks_tls(bool has_certificate) const {
    if (scheme != Scheme::kByPort) return scheme == Scheme::kHttps;
    return has_certificate && kind == Kind::kTcp && port != kHttpPort;
  }
  // Whether two cannot be listened on at the same time.
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
