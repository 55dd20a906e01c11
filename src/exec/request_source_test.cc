#include "exec/request_source.h"

#include <chrono>
#include <deque>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "exec/response_channel.h"
#include "exec/stub_executor.h"

namespace tusk::exec {
namespace {

// Plays the loop's side. Requests are queued before the source asks for them, so that nothing here
// waits for another thread.
class RequestSourceTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kQueued = 8;

  Exchange& queue_request(std::string_view client = {}) {
    Exchange& exchange = exchanges_.emplace_back();
    exchange.prepare();
    exchange.channel = channel_.get();
    if (!client.empty()) exchange.job.origin.client_address = exchange.job.store(client);
    EXPECT_TRUE(queue_.try_push(exchange));
    return exchange;
  }

  // Runs the current request of the source, as a worker does.
  void run() {
    EXPECT_EQ(executor_->run(source_->job(), source_->reply()), ExecutorHealth::kHealthy);
    source_->finish();
  }

  void use(const RequestSource::Settings& settings, LostClients::Settings lost = {}) {
    settings_ = settings;
    lost_clients_ = std::make_unique<LostClients>(lost);
    slot_ = &metrics_.place().add_worker(3);
    source_ = std::make_unique<RequestSource>(3, settings_, queue_, *lost_clients_,
                                              metrics_.add_shard(), *slot_);
    source_->begin_executor();
  }

  void SetUp() override { use({}); }

  // How many exchanges were given back since the last call.
  std::size_t released() {
    std::size_t count = 0;
    channel_->drain([&](Exchange& exchange) {
      if ((exchange.acknowledge() & Exchange::kReleased) != 0) ++count;
    });
    return count;
  }

  std::unique_ptr<ResponseChannel> channel_ = std::move(*ResponseChannel::create());
  observe::Metrics metrics_{observe::BuildInfo{}};
  observe::WorkerSlot* slot_ = nullptr;
  RequestQueue queue_{kQueued, 1};
  StubEngine engine_;
  std::unique_ptr<Executor> executor_ = std::move(*engine_.make_executor(0, PoolScripts()));
  std::deque<Exchange> exchanges_;  // a deque, because they must not move
  RequestSource::Settings settings_;
  std::unique_ptr<LostClients> lost_clients_;
  std::unique_ptr<RequestSource> source_;
};

TEST_F(RequestSourceTest, GivesOneRequestAfterTheOtherUntilTheQueueIsClosed) {
  Exchange& first = queue_request();
  Exchange& second = queue_request();
  queue_.close();
  ASSERT_TRUE(source_->next());
  EXPECT_EQ(&source_->reply().exchange(), &first);
  EXPECT_EQ(&source_->job(), &first.job);
  EXPECT_EQ(first.worker, 3);
  run();
  EXPECT_EQ(first.tail, "Hello World!");
  ASSERT_TRUE(source_->next());
  EXPECT_EQ(&source_->reply().exchange(), &second);
  EXPECT_EQ(released(), 1U) << "the second is still the worker's";
  run();
  EXPECT_EQ(released(), 1U);
  EXPECT_FALSE(source_->next());
  EXPECT_EQ(source_->end(), RequestSource::End::kQueueClosed);
  EXPECT_EQ(source_->started(), 2U);
}

TEST_F(RequestSourceTest, ARequestCanBeVisitedWhileItRuns) {
  Exchange& exchange = queue_request();
  queue_.close();
  const auto visited = [&] {
    const Exchange* seen = nullptr;
    source_->visit([&](Exchange& current) { seen = &current; });
    return seen;
  };
  EXPECT_EQ(visited(), nullptr);
  EXPECT_FALSE(source_->is_busy());
  ASSERT_TRUE(source_->next());
  EXPECT_EQ(visited(), &exchange);
  EXPECT_TRUE(source_->is_busy());
  run();
  EXPECT_EQ(visited(), nullptr);
  EXPECT_FALSE(source_->is_busy());
}

TEST_F(RequestSourceTest, ACancelledRequestIsGivenBackWithoutBeingRun) {
  Exchange& cancelled = queue_request();
  ASSERT_TRUE(cancelled.cancel_if_waiting());
  Exchange& other = queue_request();
  queue_.close();
  ASSERT_TRUE(source_->next());
  EXPECT_EQ(&source_->reply().exchange(), &other);
  EXPECT_FALSE(cancelled.has_started());
  EXPECT_EQ(released(), 1U);
  EXPECT_EQ(source_->started(), 1U);
  run();
}

TEST_F(RequestSourceTest, AnExecutorHasSoManyRequests) {
  use({.max_requests = 2});
  for (int i = 0; i < 3; ++i) queue_request();
  queue_.close();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(source_->next());
    run();
  }
  EXPECT_FALSE(source_->next());
  EXPECT_EQ(source_->end(), RequestSource::End::kRequestLimit);
  source_->begin_executor();
  ASSERT_TRUE(source_->next());
  run();
  EXPECT_FALSE(source_->next());
  EXPECT_EQ(source_->end(), RequestSource::End::kQueueClosed);
}

TEST_F(RequestSourceTest, AfterALostRequestThereIsNoOther) {
  Exchange& lost = queue_request("192.0.2.1");
  queue_request();
  ASSERT_TRUE(source_->next());
  EXPECT_TRUE(source_->visit([&](Exchange& current) { source_->lose(current, 504, base::now()); }));
  EXPECT_TRUE(source_->is_lost());
  EXPECT_EQ(lost.abandoned_status(), 504);
  run();
  EXPECT_FALSE(source_->next());
  EXPECT_EQ(source_->end(), RequestSource::End::kWorkerLost);
  EXPECT_EQ(queue_.depth(), 1U) << "another worker takes it";
}

// The worker of a crashed request does not release it.
TEST_F(RequestSourceTest, OutputOfACrashedRequestCanBeFreed) {
  UnsentUsage usage;
  use({.reply = {.buffer_bytes = 1000, .spool = {.memory_bytes = 0, .usage = &usage}}});
  Exchange& exchange = queue_request();
  ASSERT_TRUE(source_->next());
  ASSERT_TRUE(source_->reply().write(std::string(5000, 'x')));
  ASSERT_GT(usage.disk_bytes, 0U);
  exchange.drop_pieces();
  EXPECT_GT(usage.disk_bytes, 0U) << "the worker may go on writing";
  source_->visit([&](Exchange&) { source_->free_output(); });
  EXPECT_EQ(usage.disk_bytes, 0U);
}

TEST_F(RequestSourceTest, AClientThatHasLostTooManyWorkersIsRefused) {
  use({}, {.per_client = 1});
  const Exchange& refused = queue_request("192.0.2.1");
  lost_clients_->add(refused.job, base::now());
  Exchange& other = queue_request("192.0.2.2");
  queue_.close();
  ASSERT_TRUE(source_->next());
  EXPECT_EQ(&source_->reply().exchange(), &other);
  EXPECT_EQ(refused.error_status, 503);
  EXPECT_GT(refused.refused_for, std::chrono::minutes(9));
  EXPECT_EQ(released(), 1U);
  run();
}

TEST_F(RequestSourceTest, CountsFatalErrorsAndWaits) {
  queue_request();
  queue_.close();
  ASSERT_TRUE(source_->next());
  source_->reply().set_fatal_error();
  run();
  const std::string metrics = observe::render_prometheus(metrics_.snapshot({}));
  EXPECT_NE(metrics.find("tusk_php_fatal_errors_total 1"), std::string::npos);
  EXPECT_NE(metrics.find("tusk_queue_wait_seconds_count 1"), std::string::npos) << metrics;
}

TEST_F(RequestSourceTest, CountsTimeAndCpuOfEachRequest) {
  const auto shows = [&](const std::string& sample) {
    return observe::render_prometheus(metrics_.snapshot({})).find("\n" + sample + "\n") !=
           std::string::npos;
  };
  for (int i = 0; i < 3; ++i) {
    queue_request();
    ASSERT_TRUE(source_->next());
    run();
  }
  EXPECT_TRUE(shows("tusk_php_duration_seconds_count 3"));
  EXPECT_TRUE(shows("tusk_php_memory_peak_bytes_count 0")) << "the stub has no memory";
  queue_.close();
  EXPECT_FALSE(source_->next());
  EXPECT_TRUE(shows("tusk_php_cpu_seconds_count 3"));
}

TEST_F(RequestSourceTest, AWorkerThatIsAskedToEndHearsItBeforeTheNextRequest) {
  queue_request();
  source_->ask_to_end(RequestSource::End::kRestart);
  EXPECT_TRUE(source_->must_end());
  EXPECT_FALSE(source_->next());
  EXPECT_EQ(source_->end(), RequestSource::End::kRestart);
  ASSERT_TRUE(source_->next()) << "it is said once";
  run();
  source_->ask_to_end(RequestSource::End::kRetired);
  source_->ask_to_end(RequestSource::End::kRestart);
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(source_->next());
    EXPECT_EQ(source_->end(), RequestSource::End::kRetired) << "this wins, and stays";
  }
}

TEST_F(RequestSourceTest, AResidentScriptIsVisibleWhileItHasNoRequest) {
  Exchange boot;
  const auto visited = [&] {
    const Exchange* seen = nullptr;
    source_->visit([&](Exchange& current) { seen = &current; });
    return seen;
  };
  source_->begin_script(boot);
  EXPECT_EQ(visited(), &boot);
  Exchange& exchange = queue_request();
  ASSERT_TRUE(source_->next());
  EXPECT_EQ(visited(), &exchange);
  run();
  EXPECT_EQ(visited(), &boot);
  queue_.close();
  EXPECT_FALSE(source_->next());
  EXPECT_EQ(visited(), &boot) << "its end may take long";
  source_->end_script();
  EXPECT_EQ(visited(), nullptr);
}

TEST_F(RequestSourceTest, ABootIsNotCountedAsARequest) {
  const auto shown = [&] {
    observe::WorkerView view;
    EXPECT_EQ(slot_->read(view), observe::WorkerSlot::Read::kWhole);
    return view;
  };
  Exchange boot;
  boot.job.script_filename = boot.job.store("/srv/resident.php");
  source_->begin_script(boot);
  EXPECT_EQ(shown().state, observe::WorkerState::kBooting);
  EXPECT_EQ(shown().script, "/srv/resident.php");
  EXPECT_EQ(shown().started_ns, boot.started.time_since_epoch().count());
  EXPECT_EQ(shown().requests, 0U);
  EXPECT_EQ(source_->started(), 0U);
  queue_request();
  ASSERT_TRUE(source_->next());
  run();
  EXPECT_EQ(shown().requests, 1U);
  EXPECT_EQ(source_->started(), 1U);
  source_->end_script();
  source_->begin_script(boot);
  EXPECT_EQ(shown().requests, 1U);
  source_->end_script();
}

TEST_F(RequestSourceTest, WaitingRequestsAreRefusedWhileNoScriptBoots) {
  Exchange& waiting = queue_request();
  Exchange& cancelled = queue_request();
  ASSERT_TRUE(cancelled.cancel_if_waiting());
  source_->refuse_waiting(std::chrono::seconds(7));
  EXPECT_EQ(released(), 2U);
  EXPECT_EQ(waiting.error_status, 503);
  EXPECT_TRUE(waiting.pool_is_down);
  EXPECT_EQ(waiting.refused_for, std::chrono::seconds(7));
  EXPECT_EQ(queue_.depth(), 0U);
}

}  // namespace
}  // namespace tusk::exec
