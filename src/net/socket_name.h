// The names under which a server process inherits listening sockets from the supervisor
// (net/inherited_sockets.h): the process sees the socket's own address, and the name says as which
// address it was configured. That tells the options of a host name's sockets.
//
// Thread: any; pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/address.h"

namespace tusk::net {

struct SocketName {
  std::string_view role;  // "http", "https" or "internal"; systemd's units may have any other name
  std::optional<config::Address> configured;  // nothing: whoever opened the socket did not say
};

// "https@[::1]%3A443": the colon separates names.
std::string socket_name(std::string_view role, const config::Address& configured);

SocketName parse_socket_name(std::string_view name);

}  // namespace tusk::net
