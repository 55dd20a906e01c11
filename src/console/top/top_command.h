// The command `tusk top`.
//
// Thread: main.
#pragma once

#include <string>

namespace tusk::console::top {

// Shows what tusk does until it ends, or until the operator wants no more. Without a terminal, or
// with `once`, prints one picture. Returns the exit status.
enum class Show { kLive, kOnce };
int run(const std::string& control_socket, Show show);

}  // namespace tusk::console::top
