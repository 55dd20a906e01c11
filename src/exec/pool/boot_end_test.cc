// Boots of resident scripts at the end of the process.
#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "exec/pool/pool_fixture.h"

namespace tusk::exec::pool {
namespace {

// Its script boots once, and hangs when it boots again.
class HangingEngine final : public Engine {
 public:
  std::string_view name() const override { return "hanging"; }
  std::string description() const override { return "hanging"; }
  std::string version() const override { return {}; }
  base::Result<std::unique_ptr<Executor>> make_executor(int /*worker*/,
                                                        const PoolScripts& /*scripts*/) override {
    return std::make_unique<HangingExecutor>(*this);
  }

  std::atomic<int> boots{0};
  std::atomic<bool> can_be_ended{true};
  std::atomic<bool> let_go{false};

 private:
  class HangingExecutor final : public Executor {
   public:
    explicit HangingExecutor(HangingEngine& engine) : engine_(engine) {}

    ExecutorHealth run(const Job& /*job*/, Reply& /*reply*/) noexcept override {
      return ExecutorHealth::kHealthy;
    }
    ScriptEnd serve(RequestFeed& feed) noexcept override {
      feed.begin_script(boot_);
      if (++engine_.boots > 1) {
        wait_for([this] { return engine_.let_go || is_broken_off_; });
        feed.fail_boot("it was ended");
        feed.end_script();
        return ScriptEnd::kBootFailed;
      }
      feed.booted();
      while (feed.next()) feed.finish();
      feed.end_script();
      return ScriptEnd::kAsked;
    }
    void break_off(const Exchange& /*exchange*/, base::MonotonicTime /*now*/) noexcept override {
      if (engine_.can_be_ended) is_broken_off_ = true;
    }

   private:
    HangingEngine& engine_;
    Exchange boot_;
    std::atomic<bool> is_broken_off_{false};
  };
};

WorkerPoolSettings resident(WorkerPoolSettings settings) {
  settings.worker.scripts.resident_script = "/srv/index.php";
  return settings;
}

TEST_F(WorkerPoolTest, AtTheEndABootIsBrokenOff) {
  HangingEngine engine;
  RequestQueue queue(4, 2);
  WorkerPools pools({resident(settings(1))}, engine, {&queue}, metrics_);
  ASSERT_TRUE(pools.start());
  pools.restart_scripts();
  wait_for([&] { return pools.count(WorkerState::kBooting) == 1; });
  queue.close();
  EXPECT_TRUE(pools.stop(std::chrono::seconds(10)));
  EXPECT_FALSE(pools.any_stuck());
  EXPECT_EQ(engine.boots, 2) << "it does not boot again";
  EXPECT_FALSE(pools[0].boot_pace().has_failed()) << "the script has not failed";
}

TEST_F(WorkerPoolTest, AtTheEndABootThatCannotBeEndedIsLeftBehind) {
  HangingEngine engine;
  engine.can_be_ended = false;
  RequestQueue queue(4, 2);
  WorkerPools pools({resident(settings(1))}, engine, {&queue}, metrics_);
  ASSERT_TRUE(pools.start());
  pools.restart_scripts();
  wait_for([&] { return pools.count(WorkerState::kBooting) == 1; });
  queue.close();
  EXPECT_TRUE(pools.stop(std::chrono::milliseconds(50))) << "no request was cut off";
  EXPECT_TRUE(pools.any_stuck()) << "destructors must not run";
  engine.let_go = true;
  EXPECT_TRUE(pools.stop(std::chrono::seconds(10)));
  EXPECT_FALSE(pools.any_stuck());
}

}  // namespace
}  // namespace tusk::exec::pool
