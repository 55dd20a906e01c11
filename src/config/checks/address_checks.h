// Checks of the options of addresses to listen on, and of their sockets.
//
// Thread: any; pure functions, except for the file system.
#pragma once

#include <string>
#include <string_view>

#include "config/address.h"
#include "config/load.h"
#include "config/machine/machine.h"

namespace tusk::config::checks {

// Addresses that are given twice, for clients and for the internal server.
void check_listen(Loaded& loaded);
// The place of a unix socket.
void check_socket(Loaded& loaded, std::string_view name, const Address& address);
// The permissions of a unix socket.
void check_mode(Loaded& loaded, std::string_view name, const std::string& mode);
// Mode, owner and group of the sockets for clients.
void check_sockets(Loaded& loaded);
void check_token_file(Loaded& loaded);
void check_control_socket(Loaded& loaded);
void check_connections(Loaded& loaded, const machine::Machine& machine);

}  // namespace tusk::config::checks
