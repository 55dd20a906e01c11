// `tusk ready`: whether a running tusk accepts requests, as /ready says. It is a container's health
// check.
//
// Thread: main.
#pragma once

#include <string>

namespace tusk::console {

// Prints `ready` or the reason, and returns the exit status: 0 if it is ready, otherwise 1.
int show_readiness(const std::string& control_socket);

}  // namespace tusk::console
