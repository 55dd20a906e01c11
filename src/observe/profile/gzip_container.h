// A gzip file (RFC 1952) around bytes that are not compressed.
//
// Thread: any; a pure function.
#pragma once

#include <string>
#include <string_view>

namespace tusk::observe::profile {

// pprof's files must be gzip files, but need not be small; so this takes no library that
// compresses.
std::string gzip_container(std::string_view bytes);

}  // namespace tusk::observe::profile
