#include "supervisor/process_table.h"

#include <chrono>
#include <cstring>

#include <gtest/gtest.h>

namespace tusk::supervisor {
namespace {

using observe::ProcessExit;
using observe::ProcessPhase;

constexpr observe::Scoreboard::Size kSize{.places = 2, .workers = 4, .loops = 1};

class ProcessTableTest : public testing::Test {
 protected:
  ProcessTableTest()
      : table_(std::move(*observe::Scoreboard::make_shared(kSize)),
               [](pid_t) { return std::chrono::seconds(2); }),
        // A server process attaches to the scoreboard in this way.
        board_(
            std::move(*observe::Scoreboard::attach(base::UniqueFd(base::duplicate(table_.fd()))))) {
  }

  std::uint64_t exits(ProcessExit how) const {
    return board_.totals().counters.slot(observe::slot_of(observe::Metric::kProcessExits) +
                                         static_cast<std::size_t>(how));
  }

  ProcessTable table_;
  observe::Scoreboard board_;
};

TEST_F(ProcessTableTest, ShowsProcessesInTheScoreboard) {
  ASSERT_EQ(table_.free_place(), 0U);
  table_.add(100, 3, 0);
  EXPECT_EQ(board_.facts(0).pid, 100);
  EXPECT_EQ(board_.facts(0).generation, 3U);
  EXPECT_EQ(board_.facts(0).phase, ProcessPhase::kStarting);
  table_.set_phase(100, ProcessPhase::kServing);
  EXPECT_EQ(board_.facts(0).phase, ProcessPhase::kServing);
  EXPECT_EQ(table_.free_place(), 1U);
  EXPECT_EQ(table_.place_of(100), 0U);
  EXPECT_EQ(table_.status_of(100).generation, 3U);
  EXPECT_EQ(table_.status_of(999).pid, 0);
}

TEST_F(ProcessTableTest, GivesAPlaceAwayAgainWhenItsProcessHasEnded) {
  table_.add(100, 1, 0);
  table_.add(101, 1, 1);
  EXPECT_EQ(table_.free_place(), std::nullopt);
  table_.add(102, 1, std::nullopt);
  table_.remove(100, ProcessExit::kSignal);
  EXPECT_EQ(table_.free_place(), 0U);
  EXPECT_EQ(board_.facts(0).pid, 0);
  EXPECT_EQ(exits(ProcessExit::kSignal), 1U);
  EXPECT_EQ(board_.totals().ended_cpu_ns, 2'000'000'000U);
  EXPECT_EQ(board_.totals().changes % 2, 0U);
  table_.remove(102, ProcessExit::kDrained);
  EXPECT_EQ(exits(ProcessExit::kDrained), 1U);
  table_.remove(999, ProcessExit::kDrained);
  EXPECT_EQ(exits(ProcessExit::kDrained), 1U);
}

TEST_F(ProcessTableTest, SaysWhatAProcessDidThatHasEnded) {
  table_.add(100, 1, 0);
  board_.workers(0)[0].assign(0);
  board_.workers(0)[0].set_state(observe::WorkerState::kIdle);
  observe::ShownRequest request;
  request.path = "/a";
  board_.workers(0)[0].begin(request);
  board_.facts(0).workers = 1;
  const auto view = table_.view(100);
  ASSERT_TRUE(view);
  ASSERT_EQ(view->workers.size(), 1U);
  EXPECT_EQ(view->workers[0].path, "/a");
  table_.remove(100, ProcessExit::kSignal);
  EXPECT_FALSE(table_.view(100));
}

TEST_F(ProcessTableTest, TellsHowProcessesAre) {
  table_.add(100, 1, 0);
  table_.add(101, 1, std::nullopt);
  table_.set_phase(101, ProcessPhase::kDraining);
  // Whatever a server process has written.
  std::memset(static_cast<void*>(&board_.facts(0)), 0xff, sizeof(observe::ProcessFacts));
  const std::vector<ProcessStatus> all = table_.statuses();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].pid, 100);
  EXPECT_EQ(all[0].phase, ProcessPhase::kStarting);
  EXPECT_TRUE(all[0].counts);
  EXPECT_EQ(all[1].pid, 101);
  EXPECT_EQ(all[1].phase, ProcessPhase::kDraining);
  EXPECT_FALSE(all[1].counts);
}

TEST_F(ProcessTableTest, GoesOnWithTheScoreboardOfTheProgramBefore) {
  table_.add(100, 1, 0);
  table_.add(101, 1, 1);
  ProcessTable after(
      std::move(*observe::Scoreboard::attach(base::UniqueFd(base::duplicate(table_.fd())))));
  after.adopt({.pid = 101, .generation = 1, .phase = ProcessPhase::kDraining, .counts = {}}, 1);
  after.free_other_places();
  EXPECT_EQ(board_.facts(0).pid, 0);
  EXPECT_EQ(board_.facts(1).pid, 101);
  EXPECT_EQ(after.free_place(), 0U);
  after.adopt({.pid = 102, .counts = {}}, 99);
  EXPECT_EQ(after.place_of(102), std::nullopt);
}

TEST(ProcessTable, WorksWithoutAScoreboard) {
  ProcessTable table;
  EXPECT_EQ(table.free_place(), std::nullopt);
  table.add(100, 1, std::nullopt);
  table.set_phase(100, ProcessPhase::kServing);
  table.set_generation(2);
  table.count_reload(observe::ReloadResult::kDone);
  ASSERT_EQ(table.statuses().size(), 1U);
  EXPECT_EQ(table.statuses()[0].phase, ProcessPhase::kServing);
  table.remove(100, ProcessExit::kExit);
  EXPECT_TRUE(table.statuses().empty());
}

}  // namespace
}  // namespace tusk::supervisor
