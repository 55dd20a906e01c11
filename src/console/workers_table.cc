#include "console/workers_table.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace tusk::console {

namespace {

constexpr std::size_t kNarrowest = 80;
// From here on there is room for the client, and for the script.
constexpr std::size_t kWithClient = 100;
constexpr std::size_t kWithScript = 130;
constexpr std::size_t kScript = 32;
constexpr std::size_t kClient = 15;
constexpr std::size_t kLongestFrame = 500;

bool is_in_default_pool(const WorkerLine& worker) {
  return worker.pool.empty() || worker.pool == "default";
}

// The width of the column of pools; 0: all workers are in the default one.
std::size_t pool_columns(const std::vector<ProcessLine>& processes, Charset charset) {
  constexpr std::size_t kMost = 12;
  std::size_t width = 0;
  bool any = false;
  for (const ProcessLine& process : processes) {
    for (const WorkerLine& worker : process.workers) {
      any = any || !is_in_default_pool(worker);
      width = std::max(width, columns_of(safe_text(worker.pool, charset)));
    }
  }
  return any ? std::min(std::max<std::size_t>(width, 4), kMost) : 0;
}

struct Pool {
  std::string_view name;
  std::size_t columns = 0;
};

std::string first_columns(std::string_view pid, std::string_view worker, const Pool& pool,
                          std::string_view state, std::string_view duration,
                          std::string_view requests, std::string_view memory) {
  return column(pid, 7, Align::kRight) + " " + column(worker, 3, Align::kRight) + " " +
         (pool.columns > 0 ? column(pool.name, pool.columns) + " " : std::string()) +
         column(state, 8) + " " + column(duration, 6, Align::kRight) + " " +
         column(requests, 8, Align::kRight) + " " + column(memory, 8, Align::kRight) + "  ";
}

std::string row(std::string first, std::string_view client, std::string_view request,
                std::string_view script, std::size_t columns) {
  std::string line = std::move(first);
  if (columns >= kWithClient) line += column(client, kClient) + " ";
  std::size_t left = columns - columns_of(line);
  if (columns >= kWithScript) {
    left -= kScript + 1;
    line += column(request, left) + " " + cut(script, kScript, Keep::kEnd);
  } else {
    line += cut(request, left);
  }
  return line + "\n";
}

std::string process_text(const ProcessLine& process, Charset charset) {
  const auto busy = std::ranges::count_if(process.workers, &WorkerLine::runs);
  return fmt::format("process {}: generation {}, {} for {}, {} of {} workers busy, {} connections",
                     process.pid, process.generation, safe_text(process.phase, charset),
                     seconds_text(process.uptime_seconds), busy, process.workers.size(),
                     count_text(process.connections));
}

void append_worker(std::string& text, const WorkerLine& worker, const Display& display,
                   std::size_t columns, std::size_t for_pool) {
  const std::string pool = safe_text(worker.pool, display.charset);
  text += row(
      first_columns(std::to_string(worker.worker_pid), std::to_string(worker.worker),
                    {.name = pool, .columns = for_pool}, safe_text(worker.state, display.charset),
                    worker.runs || worker.boots ? seconds_text(worker.seconds) : std::string(),
                    count_text(worker.requests), bytes_text(worker.memory_bytes)),
      safe_text(worker.client, display.charset), request_text(worker, display.charset),
      safe_text(worker.script, display.charset), columns);
  for (const std::string& line : backtrace_lines(worker, display.charset)) {
    text += "        " + line + "\n";
  }
  if (worker.last_fatal_error.empty()) return;
  const std::string error =
      "        last fatal error: " + safe_text(worker.last_fatal_error, display.charset);
  text += cut(error, columns) + "\n";
}

}  // namespace

std::string request_text(const WorkerLine& worker, Charset charset) {
  if (worker.method.empty() && worker.path.empty()) return {};
  const std::string request = safe_text(worker.method + " " + worker.host + worker.path, charset);
  return worker.runs ? request : "(" + request + ")";
}

std::string seconds_text(double seconds) {
  if (!(seconds >= 0)) return "?";
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  if (seconds < 172800) return fmt::format("{:.0f} h", seconds / 3600);
  return fmt::format("{:.0f} d", std::min(seconds / 86400, 1e6));
}

std::string bytes_text(double bytes) {
  if (!(bytes > 0)) return {};
  constexpr double kMiB = 1024 * 1024;
  if (bytes < 10 * kMiB) return fmt::format("{:.1f} MiB", bytes / kMiB);
  if (bytes < 10240 * kMiB) return fmt::format("{:.0f} MiB", bytes / kMiB);
  return fmt::format("{:.0f} GiB", std::min(bytes / kMiB / 1024, 1e6));
}

std::string count_text(double count) {
  return count >= 0 && count < 1e15 ? fmt::format("{:.0f}", count) : "?";
}

std::vector<std::string> backtrace_lines(const WorkerLine& worker, Charset charset) {
  std::vector<std::string> lines;
  std::ranges::transform(worker.backtrace, std::back_inserter(lines), [&](const auto& frame) {
    return cut(safe_text(frame, charset), kLongestFrame);
  });
  return lines;
}

std::string workers_text(const std::vector<ProcessLine>& processes, const Display& display) {
  const std::size_t columns = std::max(display.columns, kNarrowest);
  const std::size_t for_pool = pool_columns(processes, display.charset);
  std::string text;
  for (const ProcessLine& process : processes) {
    text += cut(process_text(process, display.charset), columns) + "\n";
  }
  text += "\n" + row(first_columns("PID", "NR", {.name = "POOL", .columns = for_pool}, "STATE",
                                   "FOR", "REQUESTS", "MEMORY"),
                     "CLIENT", "REQUEST (OR THE LAST ONE)", "SCRIPT", columns);
  for (const ProcessLine& process : processes) {
    for (const WorkerLine& worker : process.workers)
      append_worker(text, worker, display, columns, for_pool);
  }
  return text;
}

}  // namespace tusk::console
