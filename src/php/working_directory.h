// The directory that a script is in. PHP keeps it for each thread (virtual_chdir() in
// Zend/zend_virtual_cwd.c), and the process's own never changes.
//
// Thread: a worker.
#pragma once

#include <array>

#include <limits.h>

namespace tusk::php {

using PathBuffer = std::array<char, PATH_MAX>;

// NUL-terminated, in `buffer`; null when there is none or it cannot be entered.
const char* script_directory(PathBuffer& buffer) noexcept;

}  // namespace tusk::php
