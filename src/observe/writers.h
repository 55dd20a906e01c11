// The line writers of the process: one for stderr, and one for the access log if that goes
// elsewhere.
//
// They are never destroyed: threads may log until the end. Only the log and the access log include
// this. Thread: any; set_access_fd main.
#pragma once

#include "observe/line_writer.h"

namespace tusk::observe {

LineWriter& stderr_writer();

// Sets where access lines go. If it is stderr, they share its writer, so that both logs keep their
// order; otherwise they get their own writer, which is started at once.
void set_access_fd(int fd);
LineWriter& access_writer();

// The access log's own writer; null if it shares that of stderr.
LineWriter* separate_access_writer();

}  // namespace tusk::observe
