// The constants STDIN, STDOUT and STDERR of a resident script: programs for a terminal use them.
//
// Thread: the worker whose script begins.
#pragma once

namespace tusk::php::resident {

// Defines those that are not there.
void define_standard_streams() noexcept;

}  // namespace tusk::php::resident
