// Which worker gets which request, and when.
#include <algorithm>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/process/host_protocol.h"
#include "exec/process/relay_fixture.h"

namespace tusk::exec::process {
namespace {

using ::testing::UnorderedElementsAre;

class RelayDispatchTest : public RelayTest {
 protected:
  void SetUp() override {
    // One worker for each core.
    const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    for (int i = 0; i < cores; ++i) workers_.push_back(add_worker(i, 100 + i));
  }
  void answer(FakeWorker& worker) {
    worker.answer("ok");
    round(now_);
  }
  // Scripts have been quick so far.
  void be_quick() {
    kept_.push_back(push("/first"));
    round(now_);
    for (FakeWorker& worker : workers_) {
      if (worker.take() == "/first") answer(worker);
    }
  }
  // Each worker runs one.
  void keep_busy() {
    for (std::size_t i = 0; i < workers_.size(); ++i) push_queued("/busy");
    round(now_);
    for (FakeWorker& worker : workers_) ASSERT_EQ(worker.take(), "/busy");
    round(now_);
  }
  Exchange& push_queued(std::string_view path) { return push_queued(request(path)); }
  Exchange& push_queued(std::unique_ptr<Exchange> exchange) {
    exchange->job.enqueued = now_ + std::chrono::nanoseconds(++queued_);
    EXPECT_TRUE(queue_.try_push(*exchange));
    kept_.push_back(std::move(exchange));
    return *kept_.back();
  }
  // One whose body is sent as a descriptor.
  void push_upload(std::string_view path) {
    auto exchange = request(path, "POST");
    const std::string body(kInlineBody + 1, 'x');
    ASSERT_TRUE(exchange->job.body.append(body, {.memory_bytes = body.size(), .usage = &bodies_}));
    push_queued(std::move(exchange));
  }
  void pass(base::Duration time) { now_ += time; }

  base::MonotonicTime now_ = base::now();
  std::vector<FakeWorker> workers_;
  http::BodyUsage bodies_;
  std::vector<std::unique_ptr<Exchange>> kept_;
  int queued_ = 0;
};

// The queue's limit is for requests that wait.
TEST_F(RelayDispatchTest, RequestsThatAFreeWorkerBeginsDoNotWait) {
  round(now_);
  for (std::size_t i = 0; i < workers_.size(); ++i) push_queued("/first");
  EXPECT_EQ(queue_.depth(), 0U);
  round(now_);
  EXPECT_EQ(queue_.depth(), 0U);
  for (FakeWorker& worker : workers_) ASSERT_EQ(worker.take(), "/first");
  push_queued("/waits");
  round(now_);
  EXPECT_EQ(queue_.depth(), 1U);
  for (FakeWorker& worker : workers_) worker.answer("ok");
  round(now_);
  EXPECT_EQ(queue_.depth(), 0U);
  for (std::size_t i = 1; i < workers_.size(); ++i) push_queued("/second");
  EXPECT_EQ(queue_.depth(), 0U);
  push_queued("/waits too");
  EXPECT_EQ(queue_.depth(), 1U);
}

TEST_F(RelayDispatchTest, QuickRequestsWaitBehindQuickOnes) {
  be_quick();
  keep_busy();
  for (std::size_t i = 0; i < workers_.size(); ++i) push_queued("/next");
  round(now_);
  for (FakeWorker& worker : workers_) EXPECT_EQ(worker.take(), "/next");
}

TEST_F(RelayDispatchTest, NothingWaitsBehindALongOne) {
  be_quick();
  keep_busy();
  pass(Relay::kPatience);
  push_queued("/next");
  round(now_);
  for (FakeWorker& worker : workers_) {
    ASSERT_EQ(worker.waiting(), 0U);
  }
  answer(workers_.back());
  EXPECT_EQ(workers_.back().take(), "/next");
}

TEST_F(RelayDispatchTest, IdleWorkersAreWokenUnlessScriptsAreQuick) {
  keep_busy();
  FakeWorker idle = add_worker(static_cast<int>(workers_.size()), 500);
  push_queued("/next");
  round(now_);
  for (FakeWorker& worker : workers_) EXPECT_EQ(worker.waiting(), 0U);
  EXPECT_EQ(idle.take(), "/next");
}

// Although no worker is idle, and the queue is never empty.
TEST_F(RelayDispatchTest, WhatWaitsBehindALongOneComesBeforeTheQueue) {
  be_quick();
  keep_busy();
  // Two for each worker, and as many that stay in the queue.
  for (std::size_t i = 0; i < workers_.size(); ++i) push_queued("/early");
  for (std::size_t i = 0; i < workers_.size(); ++i) push_queued("/second");
  round(now_);
  pass(Relay::kPatience);
  push_queued("/late");
  round(now_);
  FakeWorker& other = workers_.back();
  // The first worker's script goes on and on.
  std::vector<std::string> order;
  answer(other);
  for (std::string path = other.take(); !path.empty(); path = other.take()) {
    order.push_back(path);
    answer(other);
  }
  std::vector<std::string> sorted;
  for (std::size_t i = 0; i < workers_.size(); ++i) sorted.emplace_back("/early");
  for (std::size_t i = 0; i < workers_.size(); ++i) sorted.emplace_back("/second");
  sorted.emplace_back("/late");
  EXPECT_EQ(order, sorted);
}

TEST_F(RelayDispatchTest, AnIdleWorkerIsAFewMomentsAway) {
  be_quick();
  keep_busy();
  FakeWorker idle = add_worker(static_cast<int>(workers_.size()), 500);
  push_queued("/next");
  round(now_);
  EXPECT_EQ(idle.take(), "") << "it is not woken for a quick one";
  EXPECT_TRUE(relay_.has_gathered());
  pass(Relay::kPatience);
  round(now_);
  EXPECT_EQ(idle.take(), "/next");
  EXPECT_FALSE(relay_.has_gathered());
}

// Fewer are busy than the machine has cores.
TEST_F(RelayDispatchTest, AWorkerThatBecomesIdleIsAFewMomentsAway) {
  be_quick();
  keep_busy();
  push_queued("/a");
  round(now_);
  // All but the one that has it end theirs.
  for (FakeWorker& worker : workers_) {
    if (worker.waiting() == 0) answer(worker);
  }
  if (workers_.size() == 1) return;
  EXPECT_TRUE(relay_.has_gathered());
  pass(Relay::kPatience);
  round(now_);
  EXPECT_FALSE(relay_.has_gathered());
  std::vector<std::string> taken;
  for (FakeWorker& worker : workers_) taken.push_back(worker.take());
  EXPECT_THAT(taken, ::testing::Contains("/a"));
}

TEST_F(RelayDispatchTest, ALongOneDoesNotKeepIdleWorkersAsleep) {
  be_quick();
  keep_busy();
  pass(Relay::kPatience);
  round(now_);
  FakeWorker idle = add_worker(static_cast<int>(workers_.size()), 500);
  push_queued("/next");
  round(now_);
  EXPECT_EQ(idle.take(), "/next");
}

// Its descriptor would stay in the slot's socket each time that it is taken back.
TEST_F(RelayDispatchTest, ABodyInAFileWaitsBehindNothing) {
  be_quick();
  keep_busy();
  push_upload("/upload");
  push_queued("/next");
  round(now_);
  for (FakeWorker& worker : workers_) EXPECT_EQ(worker.waiting(), 0U);
  FakeWorker& first = workers_.front();
  answer(first);
  EXPECT_EQ(first.waiting(), 2U);
  EXPECT_EQ(first.take(), "/upload") << "nothing overtakes it";
  EXPECT_TRUE(receive_descriptor(first.socket(), first.slot().order));
  answer(first);
  EXPECT_EQ(first.take(), "/next");
}

// Others are not idle, and what they are given next comes behind what they run.
TEST_F(RelayDispatchTest, ABodyInAFileWakesAnIdleWorker) {
  be_quick();
  keep_busy();
  FakeWorker idle = add_worker(static_cast<int>(workers_.size()), 500);
  push_upload("/upload");
  round(now_);
  EXPECT_EQ(idle.take(), "/upload");
}

// The host has not told yet that its process has ended: nobody is to blame for the request.
TEST_F(RelayDispatchTest, AnUploadGoesToAWorkerThatCanHaveIt) {
  if (workers_.size() == 1) return;
  relay_.visit([](RemoteWorker& worker) {
    if (worker.index() == 0) worker.close_host_ends();
  });
  push_upload("/upload");
  push_queued("/next");
  round(now_);
  EXPECT_EQ(workers_[0].waiting(), 0U);
  ASSERT_EQ(workers_[1].take(), "/upload");
  answer(workers_[1]);
  EXPECT_EQ(workers_[1].take(), "/next") << "the other one gets nothing any more";
}

using RelayDepthTest = RelayTest;

TEST_F(RelayDepthTest, MoreOfTheQuickestRequestsWaitForOneWorker) {
  constexpr std::size_t kMany = Relay::kFewest + 4;
  const base::MonotonicTime now = base::now();
  FakeWorker worker = add_worker(0, 100);
  std::vector<std::unique_ptr<Exchange>> kept;
  const auto push_many = [&] {
    for (std::size_t i = 0; i < kMany; ++i) kept.push_back(push("/"));
    round(now);
    return worker.waiting();
  };
  EXPECT_EQ(push_many(), Relay::kFewest) << "as many of scripts that nothing is known of";
  for (int i = 0; i < 3; ++i) {
    while (!worker.take().empty()) {
      worker.answer("ok");
      round(now);
    }
    EXPECT_EQ(push_many(), i < 2 ? Relay::kFewest : kMany) << "they took no time, " << i;
  }
}

}  // namespace
}  // namespace tusk::exec::process
