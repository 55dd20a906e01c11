#include "exec/process/figures/host_board.h"

#include <utility>

#include <gtest/gtest.h>

namespace tusk::exec::process {
namespace {

using observe::OpcacheFigure;
using observe::OpcacheRestartReason;
using observe::OpcacheState;

class HostBoardTest : public testing::Test {
 protected:
  HostBoardTest() : server_(HostBoard::create().value()), host_(attach()) {}

  HostBoard attach() const { return HostBoard::attach(server_.fd()).value(); }

  HostBoard server_;
  HostBoard host_;
};

OpcacheState state(std::uint64_t hits, std::uint64_t misses, std::uint64_t resets = 0) {
  OpcacheState state{.hits = hits, .misses = misses};
  state.restarts[static_cast<std::size_t>(OpcacheRestartReason::kReset)] = resets;
  return state;
}

TEST_F(HostBoardTest, TheServerReadsWhatWasShownLast) {
  EXPECT_EQ(server_.read().hits, 0U);
  OpcacheState shown = state(7, 3);
  shown.use[OpcacheFigure::kMemoryUsed] = 1000;
  shown.restart_pending = true;
  host_.show(shown);
  EXPECT_EQ(server_.read().hits, 7U);
  EXPECT_EQ(server_.read().misses, 3U);
  EXPECT_TRUE(server_.read().restart_pending);
  EXPECT_EQ(server_.read().use[OpcacheFigure::kMemoryUsed], 1000U);
  attach().show(state(8, 3));
  EXPECT_EQ(server_.read().hits, 8U);
  EXPECT_FALSE(server_.read().restart_pending);
  EXPECT_EQ(server_.read().use[OpcacheFigure::kMemoryUsed], 0U);
}

TEST_F(HostBoardTest, LookupsAreAddedUpOverRestarts) {
  host_.show(state(10, 4));
  host_.show(state(1, 2, 1));
  EXPECT_EQ(server_.read().hits, 11U);
  EXPECT_EQ(server_.read().misses, 6U);
  host_.show(state(5, 2, 1));
  host_.show(state(2, 0, 3));
  EXPECT_EQ(server_.read().hits, 10U + 5 + 2);
  EXPECT_EQ(server_.read().restarts[2], 3U);
}

TEST_F(HostBoardTest, AWorkerThatLookedBeforeARestartSaysNothing) {
  host_.show(state(10, 4));
  host_.show(state(1, 0, 1));
  host_.show(state(11, 4));
  EXPECT_EQ(server_.read().hits, 11U);
  EXPECT_EQ(server_.read().misses, 4U);
}

TEST_F(HostBoardTest, ImpossibleNumbersAreNone) {
  host_.show(state(1, 2));
  host_.show(state(~std::uint64_t{0}, 2));
  EXPECT_EQ(server_.read().hits, 0U);
  EXPECT_EQ(server_.read().misses, 0U);
}

TEST(HostBoard, AnotherFileIsRefused) { EXPECT_FALSE(HostBoard::attach(-1)); }

}  // namespace
}  // namespace tusk::exec::process
