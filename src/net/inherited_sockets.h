// Inherited sockets: the process that started the server may have opened them for it. This is
// systemd's socket activation (sd_listen_fds(3)), which other supervisors use too.
//
//   LISTEN_PID      the process that they are for; other processes ignore them
//   LISTEN_FDS      their number; the first one is descriptor 3
//   LISTEN_FDNAMES  their names, separated by colons
//
// Thread: main, before there are others: take_inherited_sockets() removes the variables from the
// environment, so that no script or child process believes that they are meant for it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tusk::net {

struct InheritedSocket {
  base::UniqueFd socket;
  std::string name;  // empty: no name
};

// The list is empty if there are none.
base::Result<std::vector<InheritedSocket>> take_inherited_sockets();

}  // namespace tusk::net
