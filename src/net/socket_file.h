// The file of a unix socket that this process has bound.
//
// Thread: main.
#pragma once

#include <string>

#include "net/listen_options.h"

namespace tusk::net {

// Gives it its owner and mode. Fails with EPERM if it is something else by now: whoever may write
// to its directory could have put a link there, and would choose what root gives away. errno says
// why.
bool settle_socket_file(const std::string& path, const ListenOptions& options);

}  // namespace tusk::net
