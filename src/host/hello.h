// Hello: the server's first message to its PHP host.
//
// Thread: main.
#pragma once

#include "base/result.h"
#include "exec/process/doorbells.h"
#include "exec/process/figures/host_board.h"
#include "host/settings/host_settings.h"

namespace tusk::host {

struct Hello {
  HostSettings settings;
  exec::process::HostBoard board;
  exec::process::DoorbellRinger doorbells;
};

base::Result<Hello> receive_hello(int socket);

// The stack that the settings want for scripts, while the message stays; 0: it cannot be read.
std::uint64_t peek_stack_bytes(int socket);

}  // namespace tusk::host
