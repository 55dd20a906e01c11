// Address: where to listen, as text and as plain data. host:port, :port, [v6]:port, unix:/path,
// unix:@name (abstract: no file).
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

  Kind kind = Kind::kTcp;
  std::string host;  // empty: every interface, IPv4 and IPv6; an IPv6 address is without brackets
  std::uint16_t port = 0;  // 0: the kernel chooses one
  std::string path;        // of a unix socket; "@name" of an abstract one

  // A name that is no file, known within the network namespace (unix(7)).
  bool is_abstract() const { return path.starts_with('@'); }
  bool operator==(const Address&) const = default;
};

base::Result<Address> parse_address(std::string_view text);

// The text that parse_address() reads back as the same address.
std::string to_string(const Address& address);

}  // namespace tusk::config
