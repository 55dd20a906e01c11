// Where the control socket of a supervisor is, and where the operator's commands look for one.
//
// The option control_socket names a path, or "auto": then the socket is control.sock in the
// directory that systemd made for the service (RUNTIME_DIRECTORY), or control-PID.sock in /run/tusk
// for root (in /run/tusk-root where /run/tusk is the service's), or in a directory of the user's
// own. So several tusk on one machine never want the same file.
//
// Thread: main.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tusk::supervisor {

inline constexpr const char* kAutomaticPath = "auto";
inline constexpr const char* kNoControlSocket = "off";

// The path for this process, whose directory it makes if it is not there.
base::Result<std::string> automatic_control_path();

// The files that may be sockets of supervisors: of the service manager's directories, and of this
// user. They may be stale.
std::vector<std::string> automatic_control_sockets();

}  // namespace tusk::supervisor
