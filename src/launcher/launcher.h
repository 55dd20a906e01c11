// The program `tusk`: it supervises server processes, or executes the server program in its place.
//
// There are two programs. `tusk-server` has PHP in it and does everything. `tusk` has no PHP and is
// small: it stays as the parent of server processes, and so it must neither grow nor fail with
// them. It runs `serve` and the operator's commands (console/) itself. Every other command, and
// `serve --no-supervisor`, it hands to tusk-server by execve(): same process, same arguments.
//
// Thread: main.
#pragma once

#include <span>

namespace tusk::launcher {

// Returns the exit status, where it returns.
int launch(std::span<const char* const> arguments);

}  // namespace tusk::launcher
