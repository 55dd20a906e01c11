#include "exec/process/relay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/process/relay_fixture.h"

namespace tusk::exec::process {
namespace {

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
  round();
  ASSERT_EQ(worker.take(), "/begun");
  FakeWorker other = add_worker(1, 101);
  const auto second = push("/second");
  const auto queued = push("/queued");
  round();
  EXPECT_FALSE(relay_.cancel_if_waiting(*begun));
  EXPECT_TRUE(relay_.cancel_if_waiting(*second));
  EXPECT_TRUE(relay_.cancel_if_waiting(*queued));
  EXPECT_EQ(round() & kAll, kAll) << "both are given back";
  EXPECT_EQ(other.take(), "");
  begun->cancel();
  round();
  EXPECT_EQ(worker.slot().cancelled, 1U);
}

// A server that ends in that moment leaves it in the scoreboard for its supervisor.
TEST_F(RelayTest, ARequestIsShownBeforeTheServerSeesThatItHasBegun) {
  FakeWorker worker = add_worker(0, 100);
  const auto shown = [&] {
    observe::WorkerView view;
    relay_.visit([&](RemoteWorker& each) { (void)each.shown().read(view); });
    return view;
  };
  const auto first = push("/first");
  round();
  EXPECT_EQ(shown().state, observe::WorkerState::kBusy);
  EXPECT_EQ(shown().path, "/first");
  EXPECT_TRUE(relay_.cancel_if_waiting(*first));
  EXPECT_EQ(shown().state, observe::WorkerState::kIdle);
  EXPECT_EQ(shown().requests, 0U);
  const auto second = push("/second");
  round();
  ASSERT_EQ(worker.take(), "/second");
  worker.answer("x");
  round();
  EXPECT_EQ(shown().state, observe::WorkerState::kIdle);
  EXPECT_EQ(shown().requests, 1U);
  EXPECT_EQ(shown().path, "/second");
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

TEST_F(RelayTest, ALoopDoesNotSleepOverAWorkerThatServes) {
  FakeWorker worker = add_worker(0, 100);
  worker.control().serves = 0;
  round();
  EXPECT_TRUE(relay_.prepare_to_sleep());
  const auto exchange = push("/a");
  round();
  worker.control().serves = 1;
  EXPECT_FALSE(relay_.prepare_to_sleep());
  round();
  EXPECT_TRUE(relay_.prepare_to_sleep());
  EXPECT_EQ(worker.take(), "/a");
}

TEST_F(RelayTest, AClientIsRefusedForTheWorkersItLoses) {
  FakeWorker worker = add_worker(0, 100);
  const auto exchange = push("/a");
  exchange->job.origin.client_address = exchange->job.store("192.0.2.1");
  round();
  worker.take();
  round();
  relay_.remove(0, 100, "killed by signal 11 (SIGSEGV)");
  EXPECT_GT(lost_clients_.refused_for(exchange->job, base::now()), base::Duration::zero());
}

// Such as when the PHP host has ended.
TEST_F(RelayTest, AClientIsNotRefusedForWorkersThatWereToEnd) {
  FakeWorker worker = add_worker(0, 100);
  const auto exchange = push("/a");
  exchange->job.origin.client_address = exchange->job.store("192.0.2.1");
  round();
  worker.take();
  round();
  relay_.visit([](RemoteWorker& each) { each.ask_to_end(); });
  relay_.remove(0, 100, "its PHP host has ended");
  EXPECT_EQ(lost_clients_.refused_for(exchange->job, base::now()), base::Duration::zero());
}

TEST_F(RelayTest, LibrariesThatWereAbandonedAreCounted) {
  FakeWorker worker = add_worker(0, 100);
  const auto exchange = push("/a");
  round();
  worker.take();
  worker.head(RecordKind::kWholeHead);
  ASSERT_TRUE(worker.writer().put_value(RecordKind::kEnd, EndRecord{.abandoned_library = 1}));
  worker.done();
  round();
  EXPECT_THAT(observe::render_prometheus(metrics_.snapshot({})),
              ::testing::HasSubstr("\ntusk_php_abandoned_libraries_total 1\n"));
}

}  // namespace
}  // namespace tusk::exec::process
