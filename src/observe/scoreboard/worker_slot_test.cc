#include "observe/scoreboard/worker_slot.h"

#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace tusk::observe::inline scoreboard {
namespace {

ShownRequest request_of(std::string_view path) {
  return {.started_ns = 1000,
          .id = "7",
          .method = "GET",
          .host = "example.org",
          .path = path,
          .client = "192.0.2.1",
          .script = "/srv/index.php"};
}

WorkerView read(const WorkerSlot& slot) {
  WorkerView view;
  EXPECT_EQ(slot.read(view), WorkerSlot::Read::kWhole);
  return view;
}

class WorkerSlotTest : public testing::Test {
 protected:
  void SetUp() override {
    slot_.assign(3);
    slot_.set_state(WorkerState::kIdle);
  }

  WorkerSlot slot_;
};

TEST_F(WorkerSlotTest, ShowsTheRequestThatRuns) {
  slot_.begin(request_of("/a"));
  const WorkerView view = read(slot_);
  EXPECT_EQ(view.worker, 3);
  EXPECT_EQ(view.state, WorkerState::kBusy);
  EXPECT_EQ(view.requests, 1U);
  EXPECT_EQ(view.started_ns, 1000);
  EXPECT_EQ(view.request_id, "7");
  EXPECT_EQ(view.method, "GET");
  EXPECT_EQ(view.host, "example.org");
  EXPECT_EQ(view.path, "/a");
  EXPECT_EQ(view.client, "192.0.2.1");
  EXPECT_EQ(view.script, "/srv/index.php");
  EXPECT_EQ(view.last_fatal_error, "");
}

TEST_F(WorkerSlotTest, ShowsItsPool) {
  EXPECT_EQ(read(slot_).pool, "default");
  slot_.assign(9, "export");
  EXPECT_EQ(read(slot_).pool, "export");
  slot_.assign(9, std::string(100, 'x'));
  EXPECT_EQ(read(slot_).pool, std::string(SharedName::kMostBytes, 'x'));
  slot_.assign(9, "a");
  EXPECT_EQ(read(slot_).pool, "a");
}

TEST_F(WorkerSlotTest, KeepsTheLastRequestWhenItHasEnded) {
  slot_.begin(request_of("/a"));
  slot_.note_fatal_error("broken");
  slot_.end(4096);
  const WorkerView view = read(slot_);
  EXPECT_EQ(view.state, WorkerState::kIdle);
  EXPECT_EQ(view.path, "/a");
  EXPECT_EQ(view.last_memory_bytes, 4096U);
  EXPECT_EQ(view.last_fatal_error, "broken");
}

TEST_F(WorkerSlotTest, CountsRequests) {
  for (int i = 0; i < 3; ++i) {
    slot_.begin(request_of("/a"));
    slot_.end(0);
  }
  EXPECT_EQ(read(slot_).requests, 3U);
}

TEST_F(WorkerSlotTest, ARequestThatWasTakenBackDoesNotCount) {
  slot_.begin(request_of("/a"));
  slot_.take_back();
  EXPECT_EQ(read(slot_).state, WorkerState::kIdle);
  EXPECT_EQ(read(slot_).requests, 0U);
  slot_.begin(request_of("/b"));
  slot_.set_started(2000);
  EXPECT_EQ(read(slot_).requests, 1U);
  EXPECT_EQ(read(slot_).started_ns, 2000);
  EXPECT_EQ(read(slot_).path, "/b");
}

TEST_F(WorkerSlotTest, ABootIsNoRequest) {
  slot_.begin(request_of("/a"));
  slot_.end(4096);
  slot_.begin_boot(2000, "/srv/resident.php");
  WorkerView view = read(slot_);
  EXPECT_EQ(view.state, WorkerState::kBooting);
  EXPECT_EQ(view.requests, 1U);
  EXPECT_EQ(view.started_ns, 2000);
  EXPECT_EQ(view.script, "/srv/resident.php");
  EXPECT_EQ(view.method + view.host + view.path + view.request_id + view.client, "");
  EXPECT_EQ(view.last_memory_bytes, 4096U) << "of the request";
  slot_.set_state(WorkerState::kIdle);
  EXPECT_EQ(read(slot_).state, WorkerState::kIdle);
  slot_.begin(request_of("/b"));
  view = read(slot_);
  EXPECT_EQ(view.state, WorkerState::kBusy);
  EXPECT_EQ(view.requests, 2U);
}

TEST_F(WorkerSlotTest, ShowsThatTheWorkerIsLostAlthoughItsRequestRuns) {
  slot_.begin(request_of("/a"));
  slot_.set_state(WorkerState::kLost);
  EXPECT_EQ(read(slot_).state, WorkerState::kLost);
  EXPECT_EQ(read(slot_).path, "/a");
}

TEST_F(WorkerSlotTest, CutsTextsThatAreTooLong) {
  const std::string long_text(1000, 'x');
  slot_.begin({.id = long_text,
               .method = long_text,
               .host = long_text,
               .path = long_text,
               .client = long_text,
               .script = long_text});
  slot_.note_fatal_error(long_text);
  const WorkerView view = read(slot_);
  EXPECT_EQ(view.request_id, std::string(64, 'x'));
  EXPECT_EQ(view.method, std::string(16, 'x'));
  EXPECT_EQ(view.path, std::string(320, 'x'));
  EXPECT_EQ(view.script, std::string(280, 'x'));
  EXPECT_EQ(view.last_fatal_error, std::string(248, 'x'));
}

TEST_F(WorkerSlotTest, ShowsNothingOfTheWorkerBefore) {
  slot_.begin(request_of("/a"));
  slot_.note_fatal_error("broken");
  slot_.assign(4);
  const WorkerView view = read(slot_);
  EXPECT_EQ(view.worker, 4);
  EXPECT_EQ(view.state, WorkerState::kStarting);
  EXPECT_EQ(view.requests, 0U);
  EXPECT_EQ(view.path, "");
  EXPECT_EQ(view.last_fatal_error, "");
}

TEST_F(WorkerSlotTest, IsUnusedOnceItIsCleared) {
  slot_.clear();
  WorkerView view;
  WorkerState state{};
  EXPECT_EQ(slot_.read(view), WorkerSlot::Read::kUnused);
  EXPECT_FALSE(slot_.read_state(state));
}

// A process that is killed while it writes leaves an odd sequence number.
TEST_F(WorkerSlotTest, IsReadAsFarAsPossibleWhenItsWorkerDiedInTheMiddle) {
  slot_.begin(request_of("/a"));
  const std::uint32_t odd = 3;
  std::memcpy(static_cast<void*>(&slot_), &odd, sizeof odd);
  WorkerView view;
  EXPECT_EQ(slot_.read(view), WorkerSlot::Read::kPartial);
  EXPECT_EQ(view.path, "/a");
  slot_.assign(3);
  EXPECT_EQ(slot_.read(view), WorkerSlot::Read::kWhole);
}

TEST_F(WorkerSlotTest, BelievesNoLengthAndNoState) {
  std::memset(static_cast<void*>(&slot_), 0xfe, sizeof slot_);
  WorkerView view;
  EXPECT_EQ(slot_.read(view), WorkerSlot::Read::kUnused);
  slot_.set_state(WorkerState::kBusy);
  EXPECT_NE(slot_.read(view), WorkerSlot::Read::kUnused);
  EXPECT_LE(view.method.size(), 16U);
  EXPECT_LE(view.last_fatal_error.size(), 248U);
}

// Each request has one letter in all texts: a mixture of two would have two.
TEST_F(WorkerSlotTest, IsNeverReadHalfWritten) {
  std::atomic<bool> stop = false;
  std::thread worker([&] {
    for (char letter = 'a'; !stop.load(); letter = letter == 'z' ? 'a' : char(letter + 1)) {
      const std::string text(16, letter);
      slot_.begin(
          {.id = text, .method = text, .host = text, .path = text, .client = text, .script = text});
      slot_.end(0);
    }
  });
  int whole = 0;
  for (int i = 0; i < 20000 || whole == 0; ++i) {
    WorkerView view;
    if (slot_.read(view) != WorkerSlot::Read::kWhole || view.method.empty()) continue;
    ++whole;
    const std::string all =
        view.request_id + view.method + view.host + view.path + view.client + view.script;
    ASSERT_EQ(all, std::string(96, all[0]));
  }
  stop = true;
  worker.join();
  EXPECT_GT(whole, 0);
}

}  // namespace
}  // namespace tusk::observe::inline scoreboard
