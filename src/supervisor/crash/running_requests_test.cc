#include "supervisor/crash/running_requests.h"

#include <cstring>

#include <gtest/gtest.h>

namespace tusk::supervisor::crash {
namespace {

using base::process::CrashRecord;
using observe::WorkerState;
using observe::WorkerView;

constexpr base::MonotonicTime kNow{std::chrono::seconds(100)};

WorkerView worker(int number, std::int64_t started_s, std::string path) {
  return {.worker = number,
          .pool = "default",
          .state = WorkerState::kBusy,
          .started_ns = started_s * 1'000'000'000,
          .request_id = "81",
          .method = "GET",
          .host = "shop.example",
          .path = std::move(path),
          .client = "192.0.2.1",
          .script = "/srv/index.php",
          .last_fatal_error = {}};
}

observe::ProcessView process_with(std::vector<WorkerView> workers) {
  observe::ProcessView process;
  process.workers = std::move(workers);
  return process;
}

TEST(RunningRequests, TheOneThatCrashedComesFirst) {
  auto idle = worker(3, 1, "/idle");
  idle.state = WorkerState::kIdle;
  CrashRecord record{};
  std::strcpy(record.thread, "tusk-worker-2");
  record.has_request = 1;
  std::strcpy(record.request.path, "/c");
  const RunningRequests running(
      process_with({worker(0, 95, "/a"), worker(1, 90, "/b"), worker(2, 98, "/c"), idle}), &record,
      kNow);
  EXPECT_EQ(running.count(), 3U);
  EXPECT_EQ(running.full_text(),
            "  worker 2, 2.0 s, 81: GET shop.example/c of 192.0.2.1 by /srv/index.php (crashed)\n"
            "  worker 1, 10.0 s, 81: GET shop.example/b of 192.0.2.1 by /srv/index.php\n"
            "  worker 0, 5.0 s, 81: GET shop.example/a of 192.0.2.1 by /srv/index.php\n");
}

TEST(RunningRequests, ALineOfTheLogHasSomeOfThem) {
  std::vector<WorkerView> workers;
  for (int number = 0; number < 9; ++number) workers.push_back(worker(number, 90, "/a"));
  const RunningRequests running(process_with(workers), nullptr, kNow);
  EXPECT_TRUE(running.short_text().ends_with("; 4 more"));
  EXPECT_EQ(running.count(), 9U);
  for (WorkerView& each : workers) each.path.assign(300, '\x1b');
  const RunningRequests hostile(process_with(workers), nullptr, kNow);
  EXPECT_LT(hostile.short_text().size(), RunningRequests::kMostInLog * 620);
  EXPECT_GT(hostile.full_text().size(), 9U * 1200);
  EXPECT_EQ(RunningRequests(std::nullopt, nullptr, kNow).short_text(), "none");
  EXPECT_EQ(RunningRequests(process_with({}), nullptr, kNow).full_text(), "  none\n");
}

// The sequence number stays odd when a process is killed in the middle of a write.
TEST(RunningRequests, AWorkerThatWasWritingIsSaidToBeSo) {
  observe::WorkerSlot slot;
  slot.assign(4);
  slot.set_state(WorkerState::kIdle);
  observe::ShownRequest request;
  request.path = "/half\n\x1b";
  slot.begin(request);
  std::uint32_t sequence = 0;
  std::memcpy(&sequence, &slot, sizeof sequence);
  ++sequence;
  std::memcpy(static_cast<void*>(&slot), &sequence, sizeof sequence);
  observe::ProcessView process;
  EXPECT_EQ(slot.read(process.workers.emplace_back()), observe::WorkerSlot::Read::kPartial);
  process.incomplete.push_back(0);
  const RunningRequests running(process, nullptr, kNow);
  EXPECT_TRUE(running.short_text().contains("/half\\n\\x1b"));
  EXPECT_TRUE(running.short_text().ends_with("(incomplete: it ended while this was written)"));
}

}  // namespace
}  // namespace tusk::supervisor::crash
