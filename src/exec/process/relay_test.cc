#include "exec/process/relay.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/process/job_encoding.h"
#include "exec/response_channel.h"
#include "observe/metrics.h"

namespace tusk::exec::process {
namespace {

constexpr std::uint32_t kAll = Exchange::kHeadReady | Exchange::kFinished | Exchange::kReleased;

// Plays a worker process: it writes to the same region.
class FakeWorker {
 public:
  FakeWorker(const RemoteWorker& worker, const RegionLayout& layout)
      : region_(Region::attach(worker.host_ends()[0], layout).value()) {
    region_.control().serves = 1;
  }

  // Takes the next request. Its path, or empty: none waits.
  std::string take() {
    std::size_t next = kSlots;
    for (std::size_t i = 0; i < kSlots; ++i) {
      if (region_.slot(i).state != SlotState::kReady) continue;
      if (next == kSlots || region_.slot(i).order < region_.slot(next).order) next = i;
    }
    if (next == kSlots) return {};
    slot_ = next;
    region_.slot(next).state = SlotState::kRunning;
    writer_ = std::make_unique<ResponseWriter>(region_.slot(next), region_.response(next));
    writer_->begin();
    Job job;
    DecodedBody body;
    EXPECT_TRUE(decode(region_.request(next).first(region_.slot(next).request_bytes), job, body));
    return std::string(job.view(job.head.path));
  }
  ResponseWriter& writer() { return *writer_; }
  void head(RecordKind kind) {
    http::ResponseHead head;
    head.add("X-Worker", "1");
    ASSERT_TRUE(writer_->put(kind, {encode(head)}));
  }
  void end() {
    ASSERT_TRUE(writer_->put_value(RecordKind::kEnd, EndRecord{}));
    done();
  }
  void done() { region_.slot(slot_).state = SlotState::kDone; }
  void answer(std::string_view body) {
    head(RecordKind::kWholeHead);
    ASSERT_TRUE(writer_->put(RecordKind::kTail, {body}));
    end();
  }
  RegionControl& control() { return region_.control(); }
  SlotControl& slot() { return region_.slot(slot_); }

 private:
  Region region_;
  std::size_t slot_ = 0;
  std::unique_ptr<ResponseWriter> writer_;
};

class RelayTest : public ::testing::Test {
 protected:
  RelayTest() {
    settings_.layout = {.request_bytes = 64 * 1024, .response_bytes = 4096};
    settings_.reply.spool.usage = &usage_;
  }

  FakeWorker add_worker(int index, pid_t pid) {
    auto worker =
        RemoteWorker::create(index, settings_, metrics_.place().add_worker(index)).value();
    worker->set_pid(pid);
    FakeWorker fake(*worker, settings_.layout);
    relay_.add(std::move(worker));
    return fake;
  }

  std::unique_ptr<Exchange> request(std::string_view path) {
    auto exchange = std::make_unique<Exchange>();
    exchange->prepare();
    exchange->job.head.path = exchange->job.store(path);
    exchange->channel = channel_.get();
    return exchange;
  }
  std::unique_ptr<Exchange> push(std::string_view path) {
    auto exchange = request(path);
    EXPECT_TRUE(queue_.try_push(*exchange));
    return exchange;
  }
  // The bits that are new.
  std::uint32_t round() {
    relay_.round();
    std::uint32_t bits = 0;
    channel_->drain([&](Exchange& exchange) { bits |= exchange.acknowledge(); });
    return bits & ~std::uint32_t{Exchange::kPosted};
  }

  observe::Metrics metrics_{observe::BuildInfo{}};
  UnsentUsage usage_;
  RemoteWorker::Settings settings_;
  RequestQueue queue_{16, 2};
  LostClients lost_clients_{LostClients::Settings{}};
  observation::SlowLog slow_log_{observation::SlowLogSettings{}};
  std::unique_ptr<ResponseChannel> channel_ = ResponseChannel::create().value();
  Relay relay_{{.queue = queue_,
                .lost_clients = lost_clients_,
                .slow_log = slow_log_,
                .metrics = metrics_.add_shard(),
                .shown_pool = {}}};
};

TEST_F(RelayTest, AWholeResponseComesAtOnce) {
  FakeWorker worker = add_worker(0, 100);
  const auto exchange = push("/a");
  round();
  ASSERT_EQ(worker.take(), "/a");
  worker.head(RecordKind::kWholeHead);
  ASSERT_TRUE(worker.writer().put(RecordKind::kTail, {"Hello"}));
  EXPECT_EQ(round() & Exchange::kHeadReady, 0U) << "the length is not known yet";
  EXPECT_TRUE(exchange->has_started());
  worker.end();
  EXPECT_FALSE(relay_.prepare_to_sleep());
  EXPECT_EQ(round() & kAll, kAll);
  EXPECT_EQ(exchange->tail, "Hello");
  EXPECT_EQ(exchange->head.find("x-worker"), "1");
  EXPECT_FALSE(exchange->streamed);
  EXPECT_EQ(exchange->error_status, 0);
  EXPECT_TRUE(relay_.prepare_to_sleep());
}

TEST_F(RelayTest, AStreamedResponseComesInPieces) {
  FakeWorker worker = add_worker(0, 100);
  const auto exchange = push("/a");
  round();
  worker.take();
  worker.head(RecordKind::kHead);
  ASSERT_TRUE(worker.writer().put(RecordKind::kPiece, {"one"}));
  EXPECT_EQ(round() & kAll, Exchange::kHeadReady);
  EXPECT_EQ(exchange->unsent_bytes(), 3U);
  exchange->consumed(3);
  round();
  EXPECT_EQ(worker.slot().taken, 3U);
  ASSERT_TRUE(worker.writer().put(RecordKind::kTail, {"two"}));
  worker.end();
  EXPECT_EQ(round() & kAll, kAll);
  EXPECT_EQ(exchange->tail, "two");
}

TEST_F(RelayTest, AWorkerThatEndsLosesItsRequestOnly) {
  FakeWorker first = add_worker(0, 100);
  const auto lost = push("/lost");
  const auto next = push("/next");
  round();
  ASSERT_EQ(first.take(), "/lost");
  first.head(RecordKind::kWholeHead);
  round();
  EXPECT_NE(relay_.remove(0, 100, "killed by signal 9 (SIGKILL)"), nullptr);
  FakeWorker second = add_worker(0, 101);
  EXPECT_EQ(round() & kAll, kAll);
  EXPECT_EQ(lost->error_status, 502);
  EXPECT_TRUE(lost->failure_noted);
  ASSERT_EQ(second.take(), "/next");
  second.answer("ok");
  EXPECT_EQ(round() & kAll, kAll);
  EXPECT_EQ(next->tail, "ok");
}

TEST_F(RelayTest, AResponseThatHasBegunIsBrokenOff) {
  FakeWorker worker = add_worker(0, 100);
  const auto exchange = push("/a");
  round();
  worker.take();
  worker.head(RecordKind::kHead);
  round();
  relay_.remove(0, 100, "killed");
  EXPECT_EQ(round() & kAll, kAll);
  EXPECT_EQ(exchange->error_status, 0);
  EXPECT_TRUE(exchange->truncated);
}

TEST_F(RelayTest, WhatWasWrittenBeforeTheEndCounts) {
  FakeWorker worker = add_worker(0, 100);
  const auto exchange = push("/a");
  round();
  worker.take();
  worker.answer("complete");
  relay_.remove(0, 100, "killed");
  EXPECT_EQ(round() & kAll, kAll);
  EXPECT_EQ(exchange->error_status, 0);
  EXPECT_EQ(exchange->tail, "complete");
}

TEST_F(RelayTest, AnIdleWorkerTakesWhatWaitsBehindAnother) {
  FakeWorker first = add_worker(0, 100);
  const auto slow = push("/slow");
  const auto waiting = push("/waiting");
  round();
  ASSERT_EQ(first.take(), "/slow");
  round();
  FakeWorker second = add_worker(1, 101);
  round();
  EXPECT_EQ(first.take(), "");
  EXPECT_EQ(second.take(), "/waiting");
}

TEST_F(RelayTest, ARequestIsCancelledUnlessItHasBegun) {
  FakeWorker worker = add_worker(0, 100);
  const auto begun = push("/begun");
  const auto second = push("/second");
  const auto queued = push("/queued");
  round();
  ASSERT_EQ(worker.take(), "/begun");
  EXPECT_FALSE(relay_.cancel_if_waiting(*begun));
  EXPECT_TRUE(relay_.cancel_if_waiting(*second));
  EXPECT_TRUE(relay_.cancel_if_waiting(*queued));
  EXPECT_EQ(round() & kAll, kAll) << "both are given back";
  EXPECT_EQ(worker.take(), "");
  begun->cancel();
  round();
  EXPECT_EQ(worker.slot().cancelled, 1U);
}

TEST_F(RelayTest, AWorkerThatWritesNoResponseIsBroken) {
  FakeWorker worker = add_worker(0, 100);
  const auto exchange = push("/a");
  round();
  worker.take();
  worker.slot().written = worker.slot().written + 1000000;
  EXPECT_EQ(round() & kAll, kAll);
  EXPECT_EQ(exchange->error_status, 502);
  EXPECT_TRUE(relay_.has_broken());
  EXPECT_THAT(relay_.take_broken(), ::testing::ElementsAre(::testing::Pair(0, 100)));
  const auto next = push("/b");
  round();
  EXPECT_EQ(worker.take(), "") << "it gets no other request";
}

TEST_F(RelayTest, DoneWithoutAnEndIsBroken) {
  FakeWorker worker = add_worker(0, 100);
  const auto exchange = push("/a");
  round();
  worker.take();
  worker.head(RecordKind::kWholeHead);
  worker.done();
  EXPECT_EQ(round() & kAll, kAll);
  EXPECT_EQ(exchange->error_status, 502);
  EXPECT_TRUE(relay_.has_broken());
}

}  // namespace
}  // namespace tusk::exec::process
