// The child process that finds the names of functions for a crash report, and writes its file.
//
// Thread: the supervisor's only one.
#pragma once

#include <string_view>

#include "base/unique_fd.h"
#include "supervisor/crash/crash_report.h"

namespace tusk::supervisor::crash {

// Forks. Returns the pipe from which the child's answer is read up to its end; not open: there is
// no child. The child ends by itself after 5 s at the latest.
base::UniqueFd start_report_child(const CrashReport& report);

// Adds an answer, or as much of it as there is.
void take_answer(CrashReport& report, std::string_view answer);

}  // namespace tusk::supervisor::crash
