#include "server/answers/script_answer.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "server/test/transaction.h"
#include "site/error_pages.h"

namespace tusk::server::answers {
namespace {

class ScriptAnswerTest : public test::TransactionTest {
 protected:
  bool rejected(const std::string& reason) const {
    return services_.metrics_show("tusk_queue_rejected_total{reason=\"" + reason + "\"} 1");
  }
  // The flags that are raised, and that nothing has waited for. Lowers them.
  std::uint32_t raised() {
    std::uint32_t flags = 0;
    take_flags(flags);
    return flags;
  }

 private:
  base::Detached take_flags(std::uint32_t& flags) {
    flags = co_await wakeup_.wait(~std::uint32_t{0});
  }
};

TEST_F(ScriptAnswerTest, AWholeResponse) {
  ask("GET /a?b=c HTTP/1.1");
  EXPECT_FALSE(done_);
  EXPECT_TRUE(transaction_.submitted());
  EXPECT_TRUE(transaction_.awaits_reply());
  services_.run_script([](exec::Reply& reply) {
    const exec::Job& job = reply.exchange().job;
    EXPECT_EQ(job.view(job.script_filename), "/srv/index.php");
    EXPECT_EQ(job.view(job.request_uri), "/a?b=c");
    EXPECT_EQ(job.view(job.origin.client_address), "192.0.2.1");
    EXPECT_EQ(job.view(job.origin.server_address), "127.0.0.1");
    reply.head().add("X-Script", "1");
    reply.write("hello");
  });
  EXPECT_TRUE(done_);
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.status, 200);
  EXPECT_EQ(sink_.head.find("X-Script"), "1");
  EXPECT_EQ(sink_.body, "hello");
  EXPECT_TRUE(sink_.ended);
  EXPECT_EQ(services_.dispatcher.in_flight(), 0U);
}

TEST_F(ScriptAnswerTest, InterimResponsesComeFirst) {
  ask();
  services_.run_script([](exec::Reply& reply) {
    http::ResponseHead hints;
    hints.status = 103;
    reply.interim(hints);
    reply.write("hello");
  });
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.interim, std::vector<int>{103});
  EXPECT_EQ(sink_.body, "hello");
}

TEST_F(ScriptAnswerTest, AFullQueueIs503) {
  auto other = services_.dispatcher.exchanges().take();
  ASSERT_TRUE(services_.queue.try_push(*other));
  ask();
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.status, 503);
  EXPECT_TRUE(rejected("full"));
  EXPECT_FALSE(transaction_.begun());
  EXPECT_EQ(services_.queue.pop(), other.get());
}

TEST_F(ScriptAnswerTest, AWaitInTheQueueThatIsTooLongIs503) {
  services_.dispatcher.pool_of({}).queue_timeout = base::Duration::zero();
  ask();
  EXPECT_FALSE(done_);
  sink_.deadline_passes();
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.status, 503);
  EXPECT_TRUE(rejected("timeout"));
  EXPECT_EQ(services_.take_request(), nullptr) << "it was cancelled";
}

TEST_F(ScriptAnswerTest, AScriptThatRunsHasNoQueueTimeout) {
  services_.dispatcher.pool_of({}).queue_timeout = base::Duration::zero();
  ask();
  exec::Exchange* const exchange = services_.take_request();
  ASSERT_NE(exchange, nullptr);
  sink_.deadline_passes();
  EXPECT_FALSE(done_);
  exec::Reply reply(*exchange, services_.reply_limits);
  reply.write("hello");
  reply.release();
  services_.dispatcher.end_round();
  EXPECT_EQ(sink_.body, "hello");
}

TEST_F(ScriptAnswerTest, AClientThatLeavesIsNoticedAfterAWhile) {
  ask();
  sink_.client_leaves();
  EXPECT_FALSE(done_) << "it is not watched yet";
  sink_.deadline_passes();
  EXPECT_TRUE(done_);
  EXPECT_FALSE(sent_);
  EXPECT_EQ(sink_.head.status, 0) << "nothing was sent";
  EXPECT_EQ(services_.take_request(), nullptr) << "its script does not run";
}

TEST_F(ScriptAnswerTest, AClientThatHasFinishedSendingStillGetsWhatRuns) {
  ask();
  exec::Exchange* const exchange = services_.take_request();
  ASSERT_NE(exchange, nullptr);
  sink_.deadline_passes();  // it is watched now
  sink_.client_finishes_sending();
  EXPECT_FALSE(done_);
  exec::Reply reply(*exchange, services_.reply_limits);
  reply.write("hello");
  reply.release();
  services_.dispatcher.end_round();
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.body, "hello");
}

TEST_F(ScriptAnswerTest, ADrainThatTimesOutIs503ButNoQueueTimeout) {
  services_.dispatcher.pool_of({}).queue_timeout = base::Duration::zero();
  ask();
  services_.services.drain_timed_out = true;
  wakeup_.raise(net::Wakeup::kDrainOver);
  EXPECT_EQ(sink_.head.status, 503);
  EXPECT_FALSE(rejected("timeout"));
  EXPECT_EQ(services_.take_request(), nullptr);
}

TEST_F(ScriptAnswerTest, AResponseThatIsClosedIsBrokenOffAndNotLate) {
  ask();
  exec::Exchange* const exchange = services_.take_request();
  ASSERT_NE(exchange, nullptr);
  exec::Reply reply(*exchange, services_.reply_limits);
  reply.write("begin");
  reply.flush();
  services_.dispatcher.end_round();
  exchange->close_for(exec::WaitReason::kStoreFull);
  services_.dispatcher.end_round();
  EXPECT_TRUE(done_);
  EXPECT_FALSE(sent_);
  EXPECT_TRUE(sink_.broken_off);
  EXPECT_EQ(raised(), std::uint32_t{net::Wakeup::kBrokenOff});
  reply.release();
  services_.dispatcher.end_round();
}

TEST_F(ScriptAnswerTest, AWorkerThatDoesNotReactIsAnsweredFor) {
  ask();
  exec::Exchange* const exchange = services_.take_request();
  ASSERT_NE(exchange, nullptr);
  exchange->abandon(504);
  services_.dispatcher.end_round();
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.status, 504);
}

TEST_F(ScriptAnswerTest, AClientThatHasLostWorkersRunsNoScript) {
  exec::Job job;
  job.origin.client_address = job.store("192.0.2.1");
  services_.lost_clients.add(job, base::now());
  ask();
  EXPECT_TRUE(sent_);
  EXPECT_EQ(sink_.head.status, 503);
  EXPECT_FALSE(sink_.head.find("Retry-After").empty());
  EXPECT_TRUE(rejected("lost_workers"));
  EXPECT_EQ(services_.queue.depth(), 0U);
}

}  // namespace
}  // namespace tusk::server::answers
