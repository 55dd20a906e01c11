// Where the list of a site is if the option preload_file does not say it.
//
// Thread: main.
#pragma once

#include <string>

namespace tusk::php::preload::inline list {

// A file of this document root's own: in the directory that systemd has made for the service
// (STATE_DIRECTORY), for root in /var/lib/tusk, and for other users in XDG_STATE_HOME or
// ~/.local/state.
std::string automatic_list_file(const std::string& document_root);

// Beside this list, the one of another PHP or another user.
std::string other_list_file(const std::string& list_file, const std::string& whose);

}  // namespace tusk::php::preload::inline list
