// The files of the two programs, tusk and tusk-server.
//
// Thread: main.
#pragma once

#include <string>

namespace tusk::launcher {

// The absolute path by which this program was started. A link in it is not followed: at an upgrade
// it may lead to another version. If this program is not there, where the kernel says it is.
std::string find_own_program(const char* name);

// Where tusk-server is: in the directory of `own_program`, after all links, or in ../lib/tusk of
// it. Empty: it is in neither.
std::string find_server_program(const std::string& own_program);

}  // namespace tusk::launcher
