#include "console/top/screen.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace tusk::console::top {

namespace {

using Style = ScreenLine::Style;

constexpr std::string_view kKeys = "q quit   s sort   b backtrace   p pause   arrows select";
constexpr std::size_t kMostPaths = 3;
constexpr std::size_t kWithClient = 90;
constexpr std::size_t kClient = 15;
// Less is shown without the slowest paths.
constexpr std::size_t kRowsForPaths = 20;

// "850 us", "1.2 ms", "350 ms", "2.5 s".
std::string latency_text(double seconds) {
  if (seconds < 1e-3) return fmt::format("{:.0f} us", seconds * 1e6);
  if (seconds < 10e-3) return fmt::format("{:.1f} ms", seconds * 1e3);
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1e3);
  return fmt::format("{:.1f} s", seconds);
}

std::string percentiles_text(const std::optional<Percentiles>& percentiles) {
  if (!percentiles) return "p50 -  p90 -  p99 -";
  return fmt::format("p50 {}  p90 {}  p99 {}", latency_text(percentiles->seconds[0]),
                     latency_text(percentiles->seconds[1]), latency_text(percentiles->seconds[2]));
}

std::string number_text(double number) { return number > 0 ? count_text(number) : "0"; }

void append_overview(std::vector<ScreenLine>& lines, const Picture& picture) {
  const Overview& now = picture.overview;
  lines.push_back(
      {fmt::format("tusk top  {}  generation {}, processes {}, crashes {}{}", picture.time,
                   number_text(now.generation), number_text(now.processes),
                   number_text(now.crashes), picture.paused ? "  PAUSED" : ""),
       Style::kHeading});
  std::string classes;
  for (std::size_t i = 1; i < kClasses.size(); ++i) {
    classes += fmt::format("  {} {:.1f}", kClasses[i], now.by_class[i]);
  }
  lines.push_back(
      {fmt::format("requests    {:.1f}/s {}  refused {:.1f}", now.requests, classes, now.refused)});
  lines.push_back({"latency     " + percentiles_text(now.latency)});
  lines.push_back({"queue wait  " + percentiles_text(now.queue_wait)});
  lines.push_back({fmt::format("workers     {} busy, {} idle, {} lost   queue {} of {}",
                               number_text(now.workers_busy), number_text(now.workers_idle),
                               number_text(now.workers_lost), number_text(now.queue_depth),
                               number_text(now.queue_capacity))});
  const std::string sent = bytes_text(now.sent_bytes);
  lines.push_back({fmt::format("connections {}   memory {}   CPU {:.0f} %   sent {}/s",
                               number_text(now.connections), bytes_text(now.memory_bytes),
                               now.cpus * 100, sent.empty() ? "0 MiB" : sent)});
  lines.push_back({""});
}

void append_paths(std::vector<ScreenLine>& lines, const Picture& picture, Charset charset) {
  struct Path {
    double longest = 0;
    std::size_t count = 0;
  };
  std::map<std::string, Path> paths;
  for (const WorkerLine& worker : picture.busy) {
    Path& path = paths[safe_text(worker.host + worker.path, charset)];
    path.longest = std::max(path.longest, worker.seconds);
    ++path.count;
  }
  std::vector<std::pair<std::string, Path>> slowest(paths.begin(), paths.end());
  std::ranges::stable_sort(slowest, std::ranges::greater(),
                           [](const auto& each) { return each.second.longest; });
  if (slowest.size() > kMostPaths) slowest.resize(kMostPaths);
  lines.push_back({"SLOWEST PATHS NOW", Style::kHeading});
  for (const auto& [name, path] : slowest) {
    lines.push_back({column(seconds_text(path.longest), 8, Align::kRight) + " " +
                     column(std::to_string(path.count) + "x", 5, Align::kRight) + "  " + name});
  }
  lines.push_back({""});
}

// "[export] ", or nothing for the default pool.
std::string pool_prefix(const WorkerLine& worker, Charset charset) {
  if (worker.pool.empty() || worker.pool == "default") return {};
  return "[" + safe_text(worker.pool, charset) + "] ";
}

std::string row(const WorkerLine* worker, const Display& display) {
  const auto cells = [&](std::string_view pid, std::string_view number, std::string_view duration,
                         std::string_view memory, std::string_view requests,
                         std::string_view client, const std::string& request) {
    std::string line = column(pid, 7, Align::kRight) + " " + column(number, 3, Align::kRight) +
                       " " + column(duration, 7, Align::kRight) + " " +
                       column(memory, 8, Align::kRight) + " " + column(requests, 8, Align::kRight) +
                       "  ";
    if (display.columns >= kWithClient) line += column(client, kClient) + "  ";
    return line + request;
  };
  if (worker == nullptr)
    return cells("PID", "NR", "FOR", "MEMORY", "REQUESTS", "CLIENT", "REQUEST");
  return cells(std::to_string(worker->worker_pid), std::to_string(worker->worker),
               seconds_text(worker->seconds), bytes_text(worker->memory_bytes),
               count_text(worker->requests), safe_text(worker->client, display.charset),
               pool_prefix(*worker, display.charset) + request_text(*worker, display.charset));
}

void append_backtrace(std::vector<ScreenLine>& lines, const Picture& picture, std::size_t most) {
  if (!picture.backtrace || most < 2) return;
  std::string heading = "BACKTRACE";
  if (picture.selected && *picture.selected < picture.busy.size()) {
    const WorkerLine& worker = picture.busy[*picture.selected];
    heading += fmt::format(" OF WORKER {} OF PROCESS {}", worker.worker, worker.pid);
  }
  lines.push_back({heading, Style::kHeading});
  for (const std::string& line : *picture.backtrace) {
    if (--most == 0) return;
    lines.push_back({line});
  }
}

}  // namespace

std::string_view to_string(Order order) {
  switch (order) {
    case Order::kTime:
      return "time";
    case Order::kMemory:
      return "memory";
    case Order::kRequests:
      return "requests";
  }
  return {};
}

std::vector<WorkerLine> busy_workers(const std::vector<ProcessLine>& processes, Order order) {
  std::vector<WorkerLine> busy;
  for (const ProcessLine& process : processes) {
    std::ranges::copy_if(process.workers, std::back_inserter(busy), &WorkerLine::runs);
  }
  const auto key = order == Order::kTime     ? &WorkerLine::seconds
                   : order == Order::kMemory ? &WorkerLine::memory_bytes
                                             : &WorkerLine::requests;
  std::ranges::stable_sort(busy, std::ranges::greater(), key);
  return busy;
}

std::vector<ScreenLine> screen(const Picture& picture, const Display& display, std::size_t rows) {
  std::vector<ScreenLine> lines;
  append_overview(lines, picture);
  if (rows >= kRowsForPaths && !picture.backtrace) append_paths(lines, picture, display.charset);
  lines.push_back({row(nullptr, display) + "   (by " + std::string(to_string(picture.order)) + ")",
                   Style::kHeading});
  // The last line is for the keys.
  const std::size_t room = rows > lines.size() + 1 ? rows - lines.size() - 1 : 0;
  const std::size_t for_backtrace =
      picture.backtrace ? std::min(room - room / 3, picture.backtrace->size() + 1) : 0;
  const std::size_t for_workers = room - for_backtrace;
  // The selected one is always among those that are shown.
  const std::size_t selected = picture.selected.value_or(0);
  const std::size_t first = selected >= for_workers ? selected - for_workers + 1 : 0;
  for (std::size_t i = first; i < picture.busy.size() && i - first < for_workers; ++i) {
    lines.push_back(
        {row(&picture.busy[i], display), i == picture.selected ? Style::kSelected : Style::kPlain});
  }
  if (picture.busy.empty() && for_workers > 0) lines.push_back({"    no worker is busy"});
  append_backtrace(lines, picture, for_backtrace);
  lines.resize(std::min(lines.size(), rows > 0 ? rows - 1 : 0));
  if (rows > 0) lines.push_back({picture.notice.empty() ? std::string(kKeys) : picture.notice});
  for (ScreenLine& line : lines) line.text = cut(line.text, display.columns);
  return lines;
}

}  // namespace tusk::console::top
