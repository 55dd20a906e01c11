// IpAddress and IpNetwork: IP addresses as values that can be compared and matched.
//
// Thread: any; values. Names are never looked up.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tusk::base {

// IPv4 is stored in its IPv4-mapped form (::ffff:a.b.c.d, RFC 4291 §2.5.5.2), so that an address
// has one value, whichever socket or header it came from.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  bool is_v4() const;
  bool operator==(const IpAddress&) const = default;
};

// Takes a numeric address only: no brackets, port, zone or name.
std::optional<IpAddress> parse_ip(std::string_view text);

// The canonical text (RFC 5952); IPv4 as a.b.c.d.
std::string to_string(const IpAddress& address);

// The addresses whose first `prefix` bits are those of `address`. For IPv4 the prefix includes the
// 96 bits of the mapping.
struct IpNetwork {
  IpAddress address;
  int prefix = 128;

  bool contains(const IpAddress& candidate) const;
  bool operator==(const IpNetwork&) const = default;
};

// The address with all bits after the prefix cleared.
IpAddress first_address(const IpNetwork& network);

}  // namespace tusk::base
