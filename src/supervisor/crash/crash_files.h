// Files of crash reports in a directory: crash-20261128T124743Z-1234.txt, only for their owner
// (mode 0600). The oldest are removed.
//
// Thread: the child of a CrashReporter: a file system may hang.
#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/result.h"

namespace tusk::supervisor::crash {

inline constexpr std::size_t kMostCrashFiles = 32;

// Writes one for a process, and returns its path.
base::Result<std::string> write_crash_file(const std::string& directory, pid_t pid,
                                           std::string_view text);

}  // namespace tusk::supervisor::crash
