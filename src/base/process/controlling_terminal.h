// The controlling terminal of the process.
//
// Thread: main.
#pragma once

#include "base/unique_fd.h"

namespace tusk::base::process {

// False too when the terminal that the process was started on has been closed.
bool has_controlling_terminal() noexcept;

// For a process that becomes another user's: it could put commands into the input of root's shell
// (TIOCSTI), or read it from its standard output. Signals of the keyboard come as before. Returns
// the terminal, for is_hung_up(). Not open: there was none, or the process leads its session, and
// would take the terminal from all of it.
UniqueFd leave_controlling_terminal() noexcept;

// Whether a terminal has been closed.
bool is_hung_up(const UniqueFd& terminal) noexcept;

}  // namespace tusk::base::process
