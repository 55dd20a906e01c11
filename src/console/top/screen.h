// Screen: the lines that `tusk top` shows.
//
// Every text from outside is made safe for the terminal here.
//
// Thread: any; pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "console/top/metrics_sample.h"
#include "console/workers_table.h"
#include "console/workers_view.h"

namespace tusk::console::top {

enum class Order { kTime, kMemory, kRequests };
std::string_view to_string(Order order);

// A worker, whichever request it runs.
struct WorkerName {
  std::int64_t pid = 0;
  std::int64_t worker = 0;
  bool operator==(const WorkerName&) const = default;
};

struct Picture {
  std::string time;  // of the day
  Overview overview{};
  std::vector<WorkerLine> busy{};  // in the order in which they are shown
  Order order = Order::kTime;
  std::optional<std::size_t> selected{};  // of busy
  bool paused = false;
  std::string notice{};  // replaces the keys in the last line
  // The backtrace of the selected worker, safe for the terminal. Nothing: it is not shown.
  std::optional<std::vector<std::string>> backtrace{};
};

struct ScreenLine {
  enum class Style { kPlain, kHeading, kSelected };
  std::string text;
  Style style = Style::kPlain;
};

// The workers that run a request, the first ones first.
std::vector<WorkerLine> busy_workers(const std::vector<ProcessLine>& processes, Order order);

// At most `rows` lines, each at most as wide as the display.
std::vector<ScreenLine> screen(const Picture& picture, const Display& display, std::size_t rows);

}  // namespace tusk::console::top
