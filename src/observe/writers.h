// The line writers of the process: one for stderr, one for the log's file and one for the access
// log's, where the configuration names files.
//
// They are never destroyed: threads may log until the end. Only this folder includes this. Thread:
// any; set_log_file, set_access_file and start_writers main.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "observe/line_writer.h"

namespace tusk::observe {

LineWriter& stderr_writer();

// The file's writer, or that of stderr.
LineWriter& log_writer();
// The file's writer, or the log's: then both logs keep their order.
LineWriter& access_writer();

// Opens the file; an empty path means none. The same path for both logs makes one writer. Trouble
// with a file later is told on stderr.
base::Result<void> set_log_file(const std::string& path);
base::Result<void> set_access_file(const std::string& path);

// Starts their threads. Later ones are started at once.
void start_writers(std::function<void(std::uint64_t lost)> on_loss);

// Calls `visit` once for each writer that is in use; stderr's is the last. Async-signal-safe if
// `visit` is.
template <class Visit>
void for_each_writer(Visit visit) {
  LineWriter& log = log_writer();
  LineWriter& access = access_writer();
  LineWriter& errors = stderr_writer();
  if (&access != &log && &access != &errors) visit(access);
  if (&log != &errors) visit(log);
  visit(errors);
}

}  // namespace tusk::observe
