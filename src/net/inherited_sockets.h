// Sockets that whoever started the server has opened for it: systemd's socket activation
// (sd_listen_fds(3)), which other supervisors speak too.
//
//   LISTEN_PID      for which process they are; others leave them alone
//   LISTEN_FDS      how many; the first is descriptor 3
//   LISTEN_FDNAMES  their names, with colons between them
//
// Thread: main, before there are others: take_inherited_sockets() takes the variables out of the
// environment, so that no script and no child believes that they are meant for it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tusk::net {

struct InheritedSocket {
  base::UniqueFd socket;
  std::string name;  // empty: it has none
};

// None where there are none.
base::Result<std::vector<InheritedSocket>> take_inherited_sockets();

}  // namespace tusk::net
