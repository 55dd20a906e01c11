// The process's line writers: stderr for the log, and the access log's if that goes elsewhere.
//
// Never destroyed: threads may log until the very end. Only the log and the access log include
// this. Thread: any; set_access_fd main.
#pragma once

#include "observe/line_writer.h"

namespace tusk::observe {

LineWriter& stderr_writer();

// Where access lines go: stderr's writer too, if that is the descriptor, so that both logs keep
// their order. A writer of its own is started at once.
void set_access_fd(int fd);
LineWriter& access_writer();

// The access log's writer when it is not stderr's, else nullptr.
LineWriter* separate_access_writer();

}  // namespace tusk::observe
