#include "server/dispatcher.h"

#include <vector>

#include <gtest/gtest.h>

#include "exec/reply.h"
#include "exec/response_store.h"

namespace tusk::server {
namespace {

class RecordingSink final : public ReplySink {
 public:
  void on_reply(std::uint32_t bits) override { seen.push_back(bits); }
  std::vector<std::uint32_t> seen;
};

class DispatcherTest : public ::testing::Test {
 protected:
  void run_one() {
    exec::Exchange* const exchange = queue_.pop();
    exec::Reply reply(*exchange, limits_);
    if (exchange->start(0, base::now())) reply.write("x");
    reply.release();
  }

  exec::ReplyLimits limits_;
  exec::RequestQueue queue_{1, 1};
  exec::RequestQueue other_queue_{1, 1};
  Dispatcher dispatcher_{{{.queue = queue_}, {.queue = other_queue_}},
                         std::move(*exec::ResponseChannel::create())};
  RecordingSink sink_;
};

TEST_F(DispatcherTest, AFullQueueOfOnePoolLeavesTheOthersOpen) {
  auto first = dispatcher_.exchanges().take();
  first->job.pool = 1;
  ASSERT_NE(dispatcher_.submit(first, sink_), nullptr);
  auto refused = dispatcher_.exchanges().take();
  refused->job.pool = 1;
  EXPECT_EQ(dispatcher_.submit(refused, sink_), nullptr);
  refused->job.pool = 0;
  exec::Exchange* const submitted = dispatcher_.submit(refused, sink_);
  ASSERT_NE(submitted, nullptr);
  EXPECT_EQ(queue_.depth(), 1U);
  EXPECT_EQ(other_queue_.depth(), 1U);
  run_one();
  dispatcher_.end_round();
  dispatcher_.finish_with(*submitted);
  EXPECT_EQ(dispatcher_.in_flight(), 1U);
}

TEST_F(DispatcherTest, DeliversAResponseToItsSink) {
  auto exchange = dispatcher_.exchanges().take();
  exec::Exchange* const submitted = dispatcher_.submit(exchange, sink_);
  ASSERT_NE(submitted, nullptr);
  EXPECT_EQ(exchange, nullptr);
  run_one();
  EXPECT_EQ(dispatcher_.end_round(), 1U);
  ASSERT_EQ(sink_.seen.size(), 1U);
  EXPECT_NE(sink_.seen[0] & exec::Exchange::kFinished, 0U);
  EXPECT_EQ(dispatcher_.in_flight(), 1U);
  dispatcher_.finish_with(*submitted);
  EXPECT_EQ(dispatcher_.in_flight(), 0U);
}

TEST_F(DispatcherTest, LeavesTheExchangeWithTheCallerIfTheQueueIsFull) {
  auto first = dispatcher_.exchanges().take();
  auto second = dispatcher_.exchanges().take();
  ASSERT_NE(dispatcher_.submit(first, sink_), nullptr);
  EXPECT_EQ(dispatcher_.submit(second, sink_), nullptr);
  EXPECT_NE(second, nullptr);
  EXPECT_EQ(dispatcher_.in_flight(), 1U);
  run_one();
  dispatcher_.end_round();
}

TEST_F(DispatcherTest, RecyclesAResponseWithoutASink) {
  auto exchange = dispatcher_.exchanges().take();
  exec::Exchange* const submitted = dispatcher_.submit(exchange, sink_);
  submitted->cancel();
  dispatcher_.finish_with(*submitted);
  EXPECT_EQ(dispatcher_.in_flight(), 1U) << "a worker may still use it";
  run_one();
  dispatcher_.end_round();
  EXPECT_TRUE(sink_.seen.empty());
  EXPECT_EQ(dispatcher_.in_flight(), 0U);
}

// The store may close a response whose worker has gone on and whose end is being sent.
TEST_F(DispatcherTest, DoesNotRecycleAnExchangeInTheChannel) {
  exec::UnsentUsage usage;
  exec::ResponseStore store({.limits = {.usage = &usage}}, nullptr);
  auto exchange = dispatcher_.exchanges().take();
  exec::Exchange* const submitted = dispatcher_.submit(exchange, sink_);
  run_one();
  dispatcher_.end_round();
  store.enter(*submitted, base::now());
  submitted->close_for(exec::WaitReason::kStoreFull);
  dispatcher_.finish_with(*submitted);
  EXPECT_EQ(store.responses(), 0U) << "it must not be closed again";
  EXPECT_EQ(dispatcher_.in_flight(), 1U);
  EXPECT_NE(dispatcher_.exchanges().take().get(), submitted);
  EXPECT_EQ(dispatcher_.end_round(), 1U);
  EXPECT_EQ(dispatcher_.in_flight(), 0U);
  EXPECT_EQ(sink_.seen.size(), 1U) << "its client has everything";
}

}  // namespace
}  // namespace tusk::server
