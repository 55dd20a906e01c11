#include "exec/pool/worker_pools.h"

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "exec/pool/pool_fixture.h"
#include "exec/stub_executor.h"

namespace tusk::exec::pool {
namespace {

// Breaks after each request, and counts how often an executor was made.
class BrittleEngine final : public Engine {
 public:
  std::string_view name() const override { return "brittle"; }
  std::string description() const override { return "brittle"; }
  std::string version() const override { return {}; }
  base::Result<std::unique_ptr<Executor>> make_executor(int /*worker*/,
                                                        const PoolScripts& /*scripts*/) override {
    ++made;
    if (made > allowed) return base::fail("no more executors");
    return std::make_unique<BrittleExecutor>();
  }

  std::atomic<int> made{0};
  int allowed = 1000;

 private:
  class BrittleExecutor final : public Executor {
   public:
    ExecutorHealth run(const Job& /*job*/, Reply& reply) noexcept override {
      reply.head().status = 200;
      return ExecutorHealth::kBroken;
    }
  };
};

TEST_F(WorkerPoolTest, StartsServesAndStops) {
  StubEngine engine;
  RequestQueue queue(4, 2);
  WorkerPools pools({settings(2)}, engine, {&queue}, metrics_);
  ASSERT_TRUE(pools.start());
  EXPECT_EQ(pools.count(WorkerState::kIdle), 2U);
  serve(queue, 3);
  EXPECT_EQ(exchange_.tail, "Hello World!");
  EXPECT_GE(exchange_.worker, 0);
  queue.close();
  EXPECT_TRUE(pools.stop(std::chrono::seconds(10)));
  EXPECT_EQ(pools.count(WorkerState::kStopped), 2U);
}

TEST_F(WorkerPoolTest, ABrokenExecutorIsReplaced) {
  BrittleEngine engine;
  RequestQueue queue(4, 1);
  WorkerPools pools({settings(1)}, engine, {&queue}, metrics_);
  ASSERT_TRUE(pools.start());
  serve(queue, 5);
  queue.close();
  EXPECT_TRUE(pools.stop(std::chrono::seconds(10)));
  EXPECT_EQ(engine.made.load(), 6);
  EXPECT_NE(observe::render_prometheus(metrics_.snapshot({})).find("tusk_worker_restarts_total 5"),
            std::string::npos);
}

// Each of its executors keeps a byte for each request that it has run.
class HoardingEngine final : public Engine {
 public:
  std::string_view name() const override { return "hoarding"; }
  std::string description() const override { return "hoarding"; }
  std::string version() const override { return {}; }
  base::Result<std::unique_ptr<Executor>> make_executor(int /*worker*/,
                                                        const PoolScripts& /*scripts*/) override {
    ++made;
    return std::make_unique<HoardingExecutor>();
  }

  std::atomic<int> made{0};

 private:
  class HoardingExecutor final : public Executor {
   public:
    ExecutorHealth run(const Job& /*job*/, Reply& reply) noexcept override {
      reply.head().status = 200;
      ++kept_;
      return ExecutorHealth::kHealthy;
    }
    std::uint64_t retained_bytes() const noexcept override { return kept_; }

   private:
    std::uint64_t kept_ = 0;
  };
};

TEST_F(WorkerPoolTest, AnExecutorThatKeepsMuchMemoryIsReplaced) {
  HoardingEngine engine;
  RequestQueue queue(4, 1);
  WorkerPoolSettings limited = settings(1);
  limited.worker.memory_limit = 3;
  WorkerPools pools({limited}, engine, {&queue}, metrics_);
  ASSERT_TRUE(pools.start());
  serve(queue, 9);  // the fourth request is the first beyond the limit
  queue.close();
  EXPECT_TRUE(pools.stop(std::chrono::seconds(10)));
  EXPECT_EQ(engine.made.load(), 3);
  const std::string text = observe::render_prometheus(metrics_.snapshot({}));
  EXPECT_NE(text.find("tusk_recycled_workers_total{reason=\"memory\"} 2"), std::string::npos);
  EXPECT_NE(text.find("tusk_recycled_workers_total{reason=\"requests\"} 0"), std::string::npos);
}

TEST_F(WorkerPoolTest, AnEngineThatCannotStartIsAnError) {
  BrittleEngine engine;
  engine.allowed = 0;
  RequestQueue queue(4, 2);
  WorkerPools pools({settings(2)}, engine, {&queue}, metrics_);
  const base::Result<void> started = pools.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().message, "no more executors");
  queue.close();
  EXPECT_TRUE(pools.stop(std::chrono::seconds(10)));
}

// Records what the pool shows of its one worker while that runs the request.
class CuriousEngine final : public Engine {
 public:
  std::string_view name() const override { return "curious"; }
  std::string description() const override { return "curious"; }
  std::string version() const override { return {}; }
  base::Result<std::unique_ptr<Executor>> make_executor(int /*worker*/,
                                                        const PoolScripts& /*scripts*/) override {
    return std::make_unique<CuriousExecutor>(*this);
  }

  WorkerPools* pools = nullptr;
  WorkerStatus seen;

 private:
  class CuriousExecutor final : public Executor {
   public:
    explicit CuriousExecutor(CuriousEngine& engine) : engine_(engine) {}
    ExecutorHealth run(const Job& /*job*/, Reply& /*reply*/) noexcept override {
      engine_.seen = engine_.pools->statuses().front();
      return ExecutorHealth::kHealthy;
    }

   private:
    CuriousEngine& engine_;
  };
};

TEST_F(WorkerPoolTest, ShowsWhatItsWorkersDo) {
  CuriousEngine engine;
  RequestQueue queue(4, 1);
  WorkerPools pools({settings(1)}, engine, {&queue}, metrics_);
  engine.pools = &pools;
  ASSERT_TRUE(pools.start());
  exchange_.job.request_id = 7;
  exchange_.job.script_filename = exchange_.job.store("/srv/a.php");
  serve(queue, 2);
  EXPECT_EQ(engine.seen.state, WorkerState::kBusy);
  EXPECT_EQ(engine.seen.requests, 2U);
  EXPECT_EQ(engine.seen.request_id, 7U);
  EXPECT_EQ(engine.seen.script, "/srv/a.php");
  EXPECT_EQ(pools.statuses().front().script, "") << "it is idle again";
  queue.close();
  EXPECT_TRUE(pools.stop(std::chrono::seconds(10)));
}

// Its scripts end when the test lets them, and are past their time at once.
class StuckEngine final : public Engine {
 public:
  std::string_view name() const override { return "stuck"; }
  std::string description() const override { return "stuck"; }
  std::string version() const override { return {}; }
  bool wants_watching() const override { return true; }
  base::Result<std::unique_ptr<Executor>> make_executor(int /*worker*/,
                                                        const PoolScripts& /*scripts*/) override {
    return std::make_unique<StuckExecutor>(*this);
  }

  std::counting_semaphore<> let_go{0};

 private:
  class StuckExecutor final : public Executor {
   public:
    explicit StuckExecutor(StuckEngine& engine) : engine_(engine) {}
    ExecutorHealth run(const Job& /*job*/, Reply& /*reply*/) noexcept override {
      engine_.let_go.acquire();
      return ExecutorHealth::kHealthy;
    }
    WatchResult watch(const Exchange& /*exchange*/, base::MonotonicTime /*now*/) noexcept override {
      return WatchResult::kLost;
    }

   private:
    StuckEngine& engine_;
  };
};

TEST_F(WorkerPoolTest, LostWorkersAreReplacedUpToALimit) {
  StuckEngine engine;
  RequestQueue queue(4, 1);
  WorkerPoolSettings limited = settings(1);
  limited.max_lost = 1;
  WorkerPools pools({limited}, engine, {&queue}, metrics_);
  ASSERT_TRUE(pools.start());
  std::array<Exchange, 2> stuck;
  for (Exchange& exchange : stuck) {
    exchange.prepare();
    exchange.channel = channel_.get();
    ASSERT_TRUE(queue.try_push(exchange));
    queue.wake();
  }
  wait_for([&] { return pools.count(WorkerState::kLost) == 2; });
  EXPECT_EQ(pools.statuses().size(), 2U) << "the second has no successor";
  engine.let_go.release();
  wait_for([&] { return pools.count(WorkerState::kIdle) == 1; });
  EXPECT_EQ(pools.count(WorkerState::kLost), 1U);
  EXPECT_EQ(pools.statuses().size(), 2U) << "the one that came back is gone";
  engine.let_go.release();
  wait_for([&] { return pools.statuses().size() == 1; });
  queue.close();
  EXPECT_TRUE(pools.stop(std::chrono::seconds(10)));
}

TEST_F(WorkerPoolTest, AClientThatHasLostTooManyRunsNoMore) {
  StuckEngine engine;
  RequestQueue queue(4, 1);
  WorkerPoolSettings limited = settings(1);
  limited.max_lost = 4;
  limited.lost_clients.per_client = 2;
  WorkerPools pools({limited}, engine, {&queue}, metrics_);
  ASSERT_TRUE(pools.start());
  std::array<Exchange, 4> sent;  // at once, so that all are queued before any is lost
  for (Exchange& exchange : sent) {
    exchange.prepare();
    exchange.channel = channel_.get();
    exchange.job.origin.client_address = exchange.job.store("192.0.2.1");
    ASSERT_TRUE(queue.try_push(exchange));
    queue.wake();
  }
  wait_for([&] { return pools.count(WorkerState::kLost) == 2; });
  const auto released = [&](Exchange& wanted) {
    bool found = false;
    channel_->drain([&](Exchange& exchange) {
      const bool is_released = (exchange.acknowledge() & Exchange::kReleased) != 0;
      found = found || (is_released && &exchange == &wanted);
    });
    return found;
  };
  wait_for([&] { return released(sent[3]); });
  for (Exchange* const refused : {&sent[2], &sent[3]}) {
    EXPECT_EQ(refused->error_status, 503);
    EXPECT_GT(refused->refused_for, std::chrono::minutes(9));
  }
  EXPECT_EQ(sent[1].refused_for.count(), 0) << "there was one before";
  EXPECT_EQ(pools.count(WorkerState::kLost), 2U);
  EXPECT_EQ(pools.count(WorkerState::kIdle), 1U);
  engine.let_go.release(2);
  wait_for([&] { return pools.statuses().size() == 1; });
  queue.close();
  EXPECT_TRUE(pools.stop(std::chrono::seconds(10)));
}

TEST_F(WorkerPoolTest, ACancelledRequestIsNotRun) {
  StubEngine engine;
  RequestQueue queue(4, 1);
  WorkerPools pools({settings(1)}, engine, {&queue}, metrics_);
  exchange_.prepare();
  exchange_.channel = channel_.get();
  ASSERT_TRUE(queue.try_push(exchange_));
  ASSERT_TRUE(exchange_.cancel_if_waiting());
  ASSERT_TRUE(pools.start());
  queue.close();
  EXPECT_TRUE(pools.stop(std::chrono::seconds(10)));
  EXPECT_FALSE(exchange_.has_started());
  EXPECT_TRUE(exchange_.tail.empty());
}

TEST_F(WorkerPoolTest, ASuccessorThatCannotStartLeavesItsWorkerInPlace) {
  BrittleEngine engine;
  engine.allowed = 1;
  RequestQueue queue(4, 2);
  WorkerPoolSettings limited = settings(1);
  limited.successor_first = true;
  limited.worker.requests.max_requests = 1;
  WorkerPools pools({limited}, engine, {&queue}, metrics_);
  ASSERT_TRUE(pools.start());
  // The only executor is never called, so it does not break: the worker is at its limit at once.
  exchange_.prepare();
  exchange_.channel = channel_.get();
  ASSERT_TRUE(exchange_.cancel_if_waiting());
  ASSERT_TRUE(queue.try_push(exchange_));
  queue.wake();
  wait_for([&] { return engine.made == 2; });
  wait_for([&] { return pools.statuses().size() == 1; });
  EXPECT_EQ(pools.count(WorkerState::kIdle), 1U);
  queue.close();
  EXPECT_TRUE(pools.stop(std::chrono::seconds(10)));
}

}  // namespace
}  // namespace tusk::exec::pool
