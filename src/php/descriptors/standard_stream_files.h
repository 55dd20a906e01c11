// The files that are the server's standard output and error: php://stderr is the server's log, and
// "/dev/stderr" is a name of its file. On threads that run scripts these files can only be appended
// to, by whatever name: opening one for writing appends and truncates nothing, and ftruncate() is
// refused with EPERM.
//
// Thread: any. Costs nothing if the log is not a regular file, or if nothing is written.
#pragma once

namespace tusk::php::descriptors {

// For open() and fopen(): returns `flags` and `mode`, changed if necessary.
int flags_for_script(const char* path, int flags) noexcept;
const char* mode_for_script(const char* path, const char* mode) noexcept;

}  // namespace tusk::php::descriptors
