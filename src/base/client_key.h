// ClientKey: identifies one client wherever clients are counted (connections, requests).
//
// Thread: any; a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/ip_address.h"

namespace tusk::base {

// An IPv4 address, or the /64 network of an IPv6 address: one subscriber usually has all of it.
struct ClientKey {
  std::uint64_t network = 0;  // the first half of the address
  std::uint64_t host = 0;     // the second half; IPv4 only

  bool operator==(const ClientKey&) const = default;
};

inline ClientKey client_key(const IpAddress& address) {
  ClientKey key;
  std::memcpy(&key.network, address.bytes.data(), sizeof key.network);
  if (address.is_v4()) std::memcpy(&key.host, address.bytes.data() + 8, sizeof key.host);
  return key;
}

// Returns nothing for a client without an address: one that came through a unix socket.
inline std::optional<ClientKey> client_key(std::string_view address) {
  const std::optional<IpAddress> parsed = parse_ip(address);
  if (!parsed) return std::nullopt;
  return client_key(*parsed);
}

// A random number, the same everywhere in this process.
std::uint64_t process_secret();

// Mixes in a secret, so that clients cannot choose addresses that collide.
struct ClientKeyHash {
  std::uint64_t secret = process_secret();

  std::size_t operator()(const ClientKey& key) const {
    std::uint64_t hash = secret;
    for (const std::uint64_t half : {key.network, key.host}) {
      hash = (hash ^ half) * 0x9e3779b97f4a7c15ULL;
      hash ^= hash >> 29U;
      hash *= 0xbf58476d1ce4e5b9ULL;
      hash ^= hash >> 32U;
    }
    return hash;
  }
};

}  // namespace tusk::base
