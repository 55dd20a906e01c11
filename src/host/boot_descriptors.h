// What a script that has booted has open, and its workers could not share.
//
// Thread: any.
#pragma once

#include <set>
#include <string>

namespace tusk::host {

class BootChannels;

// The descriptors of the process.
std::set<int> open_descriptors();

// Those that were opened since `before` and are no copies of what was open then: the standard
// streams of a script are copies of the program's.
std::set<int> opened_since(const std::set<int>& before);

// Names what was opened since `before`, is no copy of what was open then, and is more than a file:
// a connection, a pipe, a watch on files, a file that is locked. Its other end would hear all
// workers at once, and would not go back with them; a lock would be the host's as long as it lives.
// Channels are no such thing. Also whether the process has another thread. Empty: there is nothing.
std::string unshareable(const std::set<int>& before, const BootChannels& channels);

}  // namespace tusk::host
