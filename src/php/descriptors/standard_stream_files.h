// Files that are the server's standard output and error: php://stderr is the server's log, and
// "/dev/stderr" a name of its file. On threads that run scripts they can be written to at their end
// alone, by whatever name: opening one to write appends and empties nothing, ftruncate() is refused
// with EPERM.
//
// Thread: any. Costs nothing where the log is no regular file, and where nothing is written.
#pragma once

namespace tusk::php::descriptors {

// For open() and fopen(): `flags` and `mode`, or what they become.
int flags_for_script(const char* path, int flags) noexcept;
const char* mode_for_script(const char* path, const char* mode) noexcept;

}  // namespace tusk::php::descriptors
