// Several pools, pools that grow and shrink, and successors.
#include <array>
#include <atomic>
#include <memory>
#include <semaphore>
#include <string>

#include <gtest/gtest.h>

#include "exec/pool/pool_fixture.h"
#include "observe/log.h"

namespace tusk::exec::pool {
namespace {

// Its scripts end when the test lets them, and executors keep a byte for each request.
class GatedEngine final : public Engine {
 public:
  std::string_view name() const override { return "gated"; }
  std::string description() const override { return "gated"; }
  std::string version() const override { return {}; }
  base::Result<std::unique_ptr<Executor>> make_executor(int /*worker*/,
                                                        const PoolScripts& scripts) override {
    if (fails) return base::fail("no memory");
    const int number = ++made;
    if (number > starts_at_once) may_start.acquire();
    return std::make_unique<GatedExecutor>(*this, scripts.pool == "slow", number);
  }

  std::atomic<int> made{0};
  std::atomic<int> running{0};
  std::atomic<int> served_by{0};  // the number of the executor that has served last
  int starts_at_once = 1000;
  std::atomic<bool> fails{false};  // executors cannot be made
  std::counting_semaphore<> may_start{0};
  std::counting_semaphore<> let_go{0};

 private:
  class GatedExecutor final : public Executor {
   public:
    GatedExecutor(GatedEngine& engine, bool waits, int number)
        : engine_(engine), waits_(waits), number_(number) {}
    ExecutorHealth run(const Job& /*job*/, Reply& reply) noexcept override {
      ++kept_;
      ++engine_.running;
      if (waits_) engine_.let_go.acquire();
      --engine_.running;
      engine_.served_by = number_;
      reply.head().status = 200;
      return ExecutorHealth::kHealthy;
    }
    std::uint64_t retained_bytes() const noexcept override { return kept_; }

   private:
    GatedEngine& engine_;
    const bool waits_;
    const int number_;
    std::uint64_t kept_ = 0;
  };
};

TEST_F(WorkerPoolTest, APoolThatIsBusyDoesNotDelayTheOthers) {
  GatedEngine engine;
  RequestQueue queue(4, 1);
  RequestQueue slow_queue(1, 1);
  WorkerPoolSettings slow = settings(1);
  slow.worker.scripts.pool = "slow";
  slow.first_worker = 1;
  WorkerPools pools({settings(1), slow}, engine, {&queue, &slow_queue}, metrics_);
  ASSERT_TRUE(pools.start());
  std::array<Exchange, 3> sent;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    sent[i].prepare();
    sent[i].channel = channel_.get();
    EXPECT_EQ(slow_queue.try_push(sent[i]), i < 2) << "one runs, one waits";
    slow_queue.wake();
    if (i == 0) wait_for([&] { return engine.running == 1; });
  }
  serve(queue, 3);
  EXPECT_EQ(exchange_.worker, 0);
  observe::PoolFigures figures = pools[1].figures();
  EXPECT_EQ(figures.name, "slow");
  EXPECT_EQ(figures.queue_depth, 1U);
  EXPECT_EQ(figures.workers[static_cast<std::size_t>(WorkerState::kBusy)], 1U);
  EXPECT_EQ(figures.counts[observe::kPoolRequests], 1U);
  EXPECT_EQ(pools[0].figures().counts[observe::kPoolRequests], 3U);
  engine.let_go.release(2);
  slow_queue.close();
  queue.close();
  EXPECT_TRUE(pools.stop(std::chrono::seconds(10)));
  EXPECT_EQ(sent[0].worker, 1) << "numbers are unique in the process";
}

TEST_F(WorkerPoolTest, APoolGrowsWhileRequestsWaitAndShrinksAgain) {
  GatedEngine engine;
  RequestQueue queue(16, 4);
  WorkerPoolSettings elastic = settings(1);
  elastic.worker.scripts.pool = "slow";
  elastic.max_workers = 3;
  elastic.cooling_time = std::chrono::milliseconds(100);
  WorkerPools pools({elastic}, engine, {&queue}, metrics_);
  ASSERT_TRUE(pools.start());
  std::array<Exchange, 8> sent;
  for (Exchange& exchange : sent) {
    exchange.prepare();
    exchange.channel = channel_.get();
    ASSERT_TRUE(queue.try_push(exchange));
    queue.wake();
  }
  wait_for([&] { return engine.running == 3; });
  EXPECT_EQ(pools.statuses().size(), 3U) << "never more than the most";
  engine.let_go.release(8);
  wait_for([&] { return pools.statuses().size() == 1; });
  EXPECT_EQ(pools.statuses().front().worker, 0);
  const observe::PoolCounts counts = pools[0].figures().counts;
  EXPECT_EQ(counts[observe::kPoolResized], 2U);
  EXPECT_EQ(counts[observe::kPoolResized + 1], 2U);
  EXPECT_EQ(counts[observe::kPoolRequests], 8U) << "those of retired workers count";
  queue.close();
  EXPECT_TRUE(pools.stop(std::chrono::seconds(10)));
}

// Two that should be there, and one that the load wanted.
TEST_F(WorkerPoolTest, AWorkerThatCannotStartIsTriedAgain) {
  GatedEngine engine;
  RequestQueue queue(16, 4);
  WorkerPoolSettings elastic = settings(2);
  elastic.worker.scripts.pool = "slow";
  elastic.worker.requests.max_requests = 1;  // the executor is replaced then
  elastic.max_workers = 3;
  elastic.cooling_time = std::chrono::hours(1);
  elastic.start_pause = std::chrono::milliseconds(200);
  WorkerPools pools({elastic}, engine, {&queue}, metrics_);
  ASSERT_TRUE(pools.start());
  std::array<Exchange, 4> sent;
  for (Exchange& exchange : sent) {
    exchange.prepare();
    exchange.channel = channel_.get();
    ASSERT_TRUE(queue.try_push(exchange));
    queue.wake();
  }
  wait_for([&] { return engine.running == 3; });
  engine.fails = true;
  testing::internal::CaptureStderr();
  engine.let_go.release(3);  // each worker needs another executor
  wait_for([&] { return pools.statuses().empty(); });
  engine.fails = false;
  wait_for([&] { return engine.running == 1; });  // the request that waited
  EXPECT_GE(pools.statuses().size(), 2U);
  engine.let_go.release(1);
  queue.close();
  EXPECT_TRUE(pools.stop(std::chrono::seconds(10)));
  observe::flush();
  const std::string log = testing::internal::GetCapturedStderr();
  const std::size_t first = log.find("worker cannot start");
  EXPECT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find("worker cannot start", first + 1), std::string::npos) << log;
}

TEST_F(WorkerPoolTest, AWorkerAtItsLimitServesUntilItsSuccessorDoes) {
  GatedEngine engine;
  engine.starts_at_once = 1;
  RequestQueue queue(4, 2);
  WorkerPoolSettings limited = settings(1);
  limited.successor_first = true;
  limited.worker.requests.max_requests = 2;
  WorkerPools pools({limited}, engine, {&queue}, metrics_);
  ASSERT_TRUE(pools.start());
  serve(queue, 2);
  wait_for([&] { return engine.made == 2; });
  EXPECT_EQ(pools.statuses().size(), 2U);
  serve(queue, 3);
  EXPECT_EQ(engine.served_by, 1) << "the successor does not serve yet";
  EXPECT_EQ(engine.made, 2) << "one succession at a time";
  engine.may_start.release();
  wait_for([&] { return pools.statuses().size() == 1; });
  EXPECT_EQ(pools.statuses().front().worker, 0) << "it has the same number";
  serve(queue, 1);
  EXPECT_EQ(engine.served_by, 2);
  const std::string text = observe::render_prometheus(metrics_.snapshot({}));
  EXPECT_NE(text.find("tusk_recycled_workers_total{reason=\"requests\"} 1"), std::string::npos);
  EXPECT_NE(text.find("tusk_worker_restarts_total 1"), std::string::npos);
  engine.may_start.release(100);
  queue.close();
  EXPECT_TRUE(pools.stop(std::chrono::seconds(10)));
}

TEST_F(WorkerPoolTest, ASuccessorFollowsWhereMuchMemoryIsKept) {
  GatedEngine engine;
  RequestQueue queue(4, 2);
  WorkerPoolSettings limited = settings(1);
  limited.successor_first = true;
  limited.worker.memory_limit = 2;
  WorkerPools pools({limited}, engine, {&queue}, metrics_);
  ASSERT_TRUE(pools.start());
  serve(queue, 3);
  wait_for([&] {
    return pools[0].figures().counts[observe::kPoolRecycled + 1] == 1 &&
           pools.statuses().size() == 1;
  });
  EXPECT_EQ(engine.made, 2);
  serve(queue, 1);
  EXPECT_EQ(engine.served_by, 2);
  queue.close();
  EXPECT_TRUE(pools.stop(std::chrono::seconds(10)));
}

}  // namespace
}  // namespace tusk::exec::pool
