// The table of `tusk workers`, and the parts that `tusk top` has in common with it.
//
// Every text is made safe for the terminal here.
//
// Thread: any; pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "console/terminal_text.h"
#include "console/workers_view.h"

namespace tusk::console {

// How it is shown.
struct Display {
  std::size_t columns = 80;
  Charset charset = Charset::kAscii;
};

// "GET shop.example/report.php", in parentheses if it has ended, or empty.
std::string request_text(const WorkerLine& worker, Charset charset);
// "0.4 s", "75 s", "12 min", "3.5 h".
std::string seconds_text(double seconds);
// "12 MiB".
std::string bytes_text(double bytes);
// A count that a broken process may have made anything.
std::string count_text(double count);
// One frame of a backtrace in each line.
std::vector<std::string> backtrace_lines(const WorkerLine& worker, Charset charset);

// With a column for the pool if there is more than the default one. Each line ends with a line end.
// The rows are not longer than the display, backtraces may be.
std::string workers_text(const std::vector<ProcessLine>& processes, const Display& display);

}  // namespace tusk::console
