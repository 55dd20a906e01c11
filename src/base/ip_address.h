// IpAddress: an IPv4 or IPv6 address as a value, to be compared and matched against networks.
//
// IPv4 stands in its IPv4-mapped form (::ffff:a.b.c.d, RFC 4291 §2.5.5.2), so that one address has
// one value whichever socket or header it came from.
//
// Thread: any; a value. Nothing is looked up.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tusk::base {

struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  bool is_v4() const;
  bool operator==(const IpAddress&) const = default;
};

// Numbers only: no brackets, no port, no zone, no name.
std::optional<IpAddress> parse_ip(std::string_view text);

// The canonical text (RFC 5952); IPv4 as a.b.c.d.
std::string to_string(const IpAddress& address);

// The addresses whose first `prefix` bits are those of `address`; of IPv4 the prefix counts the 96
// mapping bits too.
struct IpNetwork {
  IpAddress address;
  int prefix = 128;

  bool contains(const IpAddress& candidate) const;
  bool operator==(const IpNetwork&) const = default;
};

// The address with all bits behind the prefix cleared.
IpAddress first_address(const IpNetwork& network);

}  // namespace tusk::base
