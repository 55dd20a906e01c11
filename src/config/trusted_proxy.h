// TrustedProxy: a proxy, or a network of proxies, that is trusted.
//
// Thread: any; a value.
#pragma once

#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "base/result.h"

namespace tusk::config {

// One entry of trusted_proxies or proxy_protocol: an address, a network, `unix` or `private`.
struct TrustedProxy {
  enum class Kind {
    kNetwork,
    kUnix,     // every client of a unix socket
    kPrivate,  // loopback, link-local and private networks
  };

  Kind kind = Kind::kNetwork;
  base::IpNetwork network;  // with kNetwork

  bool contains(const base::IpAddress& address) const;
  bool operator==(const TrustedProxy&) const = default;
};

base::Result<TrustedProxy> parse_trusted_proxy(std::string_view text);

// The text that parse_trusted_proxy() reads back as the same entry.
std::string to_string(const TrustedProxy& proxy);

}  // namespace tusk::config
