#include "console/top/screen.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace tusk::console::top {
namespace {

WorkerLine worker(std::int64_t number, double seconds, std::string path) {
  WorkerLine line;
  line.pid = 8;
  line.worker = number;
  line.runs = true;
  line.seconds = seconds;
  line.requests = 10 - seconds;
  line.memory_bytes = seconds == 2 ? 1e9 : 1e6;
  line.method = "GET";
  line.host = "a.example";
  line.path = std::move(path);
  return line;
}

std::vector<ProcessLine> processes() {
  WorkerLine idle;
  idle.path = "/idle";
  return {{.pid = 8,
           .phase = "serving",
           .workers = {worker(0, 1, "/a"), worker(1, 3, "/b\x1b[2J"), idle, worker(2, 2, "/a")}}};
}

Picture picture() {
  Picture picture{.time = "12:00:00", .busy = busy_workers(processes(), Order::kTime)};
  picture.overview.latency = Percentiles{{0.0005, 0.02, 2.5}};
  return picture;
}

std::string text_of(const std::vector<ScreenLine>& lines) {
  std::string text;
  for (const ScreenLine& line : lines) text += line.text + "\n";
  return text;
}

std::vector<std::int64_t> numbers(Order order) {
  std::vector<std::int64_t> numbers;
  for (const WorkerLine& each : busy_workers(processes(), order)) numbers.push_back(each.worker);
  return numbers;
}

TEST(Screen, SortsBusyWorkers) {
  EXPECT_EQ(numbers(Order::kTime), (std::vector<std::int64_t>{1, 2, 0}));
  EXPECT_EQ(numbers(Order::kMemory).front(), 2);
  EXPECT_EQ(numbers(Order::kRequests), (std::vector<std::int64_t>{0, 2, 1}));
}

TEST(Screen, ShowsNumbersPathsAndWorkers) {
  const std::string text = text_of(screen(picture(), {.columns = 100}, 30));
  EXPECT_TRUE(text.contains("latency     p50 500 us  p90 20 ms  p99 2.5 s\n")) << text;
  EXPECT_TRUE(text.contains("queue wait  p50 -  p90 -  p99 -\n"));
  EXPECT_TRUE(text.contains("   2.0 s    2x  a.example/a\n"));
  EXPECT_TRUE(text.contains("GET a.example/b\\x1b[2J\n"));
  EXPECT_FALSE(text.contains("/idle") || text.contains('\x1b'));
  EXPECT_TRUE(text.ends_with("arrows select\n"));
}

TEST(Screen, FitsEverySize) {
  Picture shown = picture();
  for (const bool backtrace : {false, true}) {
    if (backtrace) shown.backtrace = std::vector<std::string>(40, std::string(300, 'x'));
    for (std::size_t selected = 0; selected < 3; ++selected) {
      shown.selected = selected;
      for (const std::size_t rows : {0U, 1U, 5U, 9U, 10U, 24U, 200U}) {
        for (const std::size_t columns : {0U, 1U, 20U, 80U, 250U}) {
          const auto lines = screen(shown, {.columns = columns}, rows);
          EXPECT_LE(lines.size(), rows);
          for (const ScreenLine& line : lines) EXPECT_LE(line.text.size(), columns);
        }
      }
    }
  }
}

TEST(Screen, KeepsTheSelectedWorkerInSight) {
  Picture shown = picture();
  shown.selected = 2;
  for (const std::size_t rows : {10U, 11U, 24U}) {
    const auto lines = screen(shown, {}, rows);
    const auto selected =
        std::ranges::find(lines, ScreenLine::Style::kSelected, &ScreenLine::style);
    ASSERT_NE(selected, lines.end()) << rows;
    EXPECT_TRUE(selected->text.contains("  0   1.0 s"));
  }
}

}  // namespace
}  // namespace tusk::console::top
