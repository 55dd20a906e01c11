// The directory that a script is in. PHP keeps it for each thread (virtual_chdir() in
// Zend/zend_virtual_cwd.c) and resolves names against it. C libraries, such as libcurl with its
// cookie files, know only the kernel's. So the thread's own directory follows PHP's if the thread
// has one (ScriptThread), with a system call only when it changes from one request to the next.
//
// Thread: a worker.
#pragma once

#include <array>

#include <limits.h>

namespace tusk::php::libc {

using PathBuffer = std::array<char, PATH_MAX>;

// NUL-terminated, in `buffer`. Null: there is none, or it cannot be entered.
const char* script_directory(PathBuffer& buffer) noexcept;

// Enters the directory that PHP will be in when it runs this script.
void enter_directory_of(const char* script) noexcept;

// Makes the thread follow PHP's chdir(). Called at module start-up.
void follow_chdir() noexcept;

}  // namespace tusk::php::libc
