// Workers that write what an honest one does not.
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exec/process/host_protocol.h"
#include "exec/process/relay_fixture.h"

namespace tusk::exec::process {
namespace {

class RelayDistrustTest : public RelayTest {
 protected:
  RelayDistrustTest() : worker_(add_worker(0, 100)) {
    settings_.reply.buffer_bytes = 4096;
    settings_.reply.memory_bytes = 4096;
    settings_.reply.spool_bytes = 4096;
  }

  // It runs a request.
  void begin(RecordKind head = RecordKind::kHead) {
    exchange_ = push("/a");
    round();
    ASSERT_EQ(worker_.take(), "/a");
    worker_.head(head);
  }
  // Sends so much, while the client reads nothing. How much the server took.
  std::uint64_t send(RecordKind kind, std::uint64_t bytes) {
    const std::string part(1024, 'x');
    std::uint64_t sent = 0;
    while (sent < bytes && !relay_.has_broken()) {
      EXPECT_TRUE(worker_.writer().put(kind, {part}));
      sent += part.size();
      round();
    }
    return sent;
  }
  void send_file(std::uint64_t size) {
    file_ = base::UniqueFd(::memfd_create("file", MFD_CLOEXEC));
    ASSERT_EQ(::ftruncate(file_.get(), static_cast<off_t>(size)), 0);
    ASSERT_TRUE(send_descriptor(worker_.socket(), file_.get(), worker_.slot().order));
    ASSERT_TRUE(worker_.writer().put(RecordKind::kNewFile, {}));
  }
  void send_range(std::uint64_t offset, std::uint64_t length) {
    ASSERT_TRUE(worker_.writer().put_value(RecordKind::kFilePiece,
                                           FilePiece{.offset = offset, .length = length}));
  }

  std::optional<base::process::CrashedWorker> crash() {
    std::optional<base::process::CrashedWorker> crash;
    relay_.visit([&](const RemoteWorker& worker) { crash = worker.crash(); });
    return crash;
  }

  FakeWorker worker_;
  std::unique_ptr<Exchange> exchange_;
  base::UniqueFd file_;
};

TEST_F(RelayDistrustTest, WhatIsUnsentHasALimit) {
  begin();
  const std::uint64_t most = settings_.most_unsent();
  EXPECT_GE(send(RecordKind::kPiece, 2 * most), most);
  EXPECT_TRUE(relay_.has_broken());
  EXPECT_TRUE(exchange_->truncated);
  EXPECT_LE(exchange_->unsent_bytes(), most);
}

TEST_F(RelayDistrustTest, WhatTheClientHasTakenDoesNotCount) {
  begin();
  const std::uint64_t most = settings_.most_unsent();
  for (int i = 0; i < 3; ++i) {
    send(RecordKind::kPiece, most / 2);
    exchange_->drop_pieces();
    exchange_->consumed(exchange_->unsent_bytes());
  }
  EXPECT_FALSE(relay_.has_broken());
}

TEST_F(RelayDistrustTest, AFileOfAnySizeIsNotTaken) {
  begin();
  send_file(std::uint64_t{1} << 40);
  send_range(0, std::uint64_t{1} << 40);
  round();
  EXPECT_TRUE(relay_.has_broken());
  EXPECT_EQ(usage_.memory_bytes + usage_.disk_bytes, 0U);
}

TEST_F(RelayDistrustTest, APartOfAFileIsTakenOnce) {
  begin();
  send_file(4096);
  send_range(0, 1024);
  send_range(1024, 1024);
  round();
  EXPECT_FALSE(relay_.has_broken());
  EXPECT_EQ(exchange_->unsent_bytes(), 2048U);
  send_range(512, 1024);
  round();
  EXPECT_TRUE(relay_.has_broken());
}

TEST_F(RelayDistrustTest, ATailMayBeAsLargeAsTheBuffer) {
  settings_.reply.buffer_bytes = std::size_t{80} << 20;
  begin(RecordKind::kWholeHead);
  EXPECT_EQ(send(RecordKind::kTail, std::size_t{80} << 20), std::size_t{80} << 20);
  EXPECT_FALSE(relay_.has_broken());
}

TEST_F(RelayDistrustTest, ATailHasALimitAndIsCountedAsItGrows) {
  begin(RecordKind::kWholeHead);
  send(RecordKind::kTail, 64 * 1024);
  EXPECT_GE(usage_.memory_bytes.load(), 64U * 1024);
  const std::uint64_t most = settings_.most_tail();
  EXPECT_LE(send(RecordKind::kTail, 2 * most), most);
  EXPECT_TRUE(relay_.has_broken());
  EXPECT_EQ(exchange_->error_status, 502);
}

TEST_F(RelayDistrustTest, ARequestIsNotReadyAgain) {
  begin(RecordKind::kWholeHead);
  round();
  worker_.slot().state = SlotState::kReady;
  EXPECT_EQ(round() & kAll, kAll);
  EXPECT_EQ(exchange_->error_status, 502);
  EXPECT_TRUE(relay_.has_broken());
}

constexpr auto kGarbage = static_cast<SlotState>(0x47a3);

TEST_F(RelayDistrustTest, ARequestInAnImpossibleStateIsGivenToOtherWorkersTwice) {
  const auto exchange = push("/a");
  round();
  ASSERT_EQ(worker_.waiting(), 1U);
  worker_.slot().state = kGarbage;
  for (int index = 1; index <= RemoteWorker::kMostReturns; ++index) {
    EXPECT_EQ(round() & kAll, 0U);
    EXPECT_TRUE(relay_.has_broken());
    EXPECT_NE(relay_.remove(index - 1, 100 + index - 1, "killed"), nullptr);
    FakeWorker other = add_worker(index, 100 + index);
    EXPECT_EQ(round() & kAll, 0U);
    ASSERT_EQ(other.waiting(), 1U);
    other.slot().state = kGarbage;
  }
  EXPECT_EQ(round() & kAll, kAll);
  EXPECT_EQ(exchange->error_status, 502);
}

// Whoever sends such requests again and again is refused after a while.
TEST_F(RelayDistrustTest, ARequestThatSpoilsItsWorkerCountsAsALossOfItsClient) {
  const auto exchange = request("/a", "POST");
  exchange->job.origin.client_address = exchange->job.store("192.0.2.1");
  ASSERT_TRUE(queue_.try_push(*exchange));
  round();
  ASSERT_EQ(worker_.take(), "/a");
  worker_.slot().state = kGarbage;
  round();
  EXPECT_EQ(exchange->error_status, 502);
  EXPECT_NE(lost_clients_.refused_for(exchange->job, base::now()).count(), 0);
}

TEST_F(RelayDistrustTest, ARequestInAnImpossibleStateIsAnsweredByAnotherWorker) {
  const auto exchange = push("/a");
  round();
  worker_.slot().state = SlotState::kFree;
  round();
  EXPECT_NE(relay_.remove(0, 100, "killed"), nullptr);
  FakeWorker second = add_worker(1, 101);
  round();
  ASSERT_EQ(second.take(), "/a");
  second.answer("ok");
  EXPECT_EQ(round() & kAll, kAll);
  EXPECT_EQ(exchange->tail, "ok");
}

TEST_F(RelayDistrustTest, ARequestThatChangesSomethingIsNotRepeated) {
  const auto exchange = push("/a", "POST");
  round();
  worker_.slot().state = kGarbage;
  EXPECT_EQ(round() & kAll, kAll);
  EXPECT_EQ(exchange->error_status, 502);
}

// A worker runs one after the other, so it has not begun what waits behind.
TEST_F(RelayDistrustTest, WhatWaitsBehindTheOneAtFaultGoesToAnotherWorkerEachTime) {
  const base::MonotonicTime now = base::now();
  const auto quick = push("/quick");
  round(now);
  ASSERT_EQ(worker_.take(), "/quick");
  worker_.answer("x");
  round(now);
  const auto first_fault = push("/fault");
  round(now);
  ASSERT_EQ(worker_.take(), "/fault");
  const auto behind = push("/behind", "POST");
  round(now);
  ASSERT_EQ(worker_.waiting(), 1U);
  const auto second_fault = push("/fault");
  FakeWorker second = add_worker(1, 101);
  round(now);
  ASSERT_EQ(second.take(), "/fault");

  worker_.overwrite_waiting();
  round(now);
  EXPECT_NE(relay_.remove(0, 100, "killed"), nullptr);
  round(now);
  EXPECT_EQ(first_fault->error_status, 502);
  ASSERT_EQ(second.waiting(), 1U);
  second.overwrite_waiting();
  round(now);
  EXPECT_NE(relay_.remove(1, 101, "killed"), nullptr);
  FakeWorker third = add_worker(2, 102);
  round(now);
  EXPECT_EQ(second_fault->error_status, 502);
  ASSERT_EQ(third.take(), "/behind");
  third.answer("ok");
  EXPECT_EQ(round(now) & kAll, kAll);
  EXPECT_EQ(behind->tail, "ok");
}

// The request may have ended before the one behind it did the harm.
TEST_F(RelayDistrustTest, WhatRanBeforeTheOneAtFaultIsRepeated) {
  for (const std::string_view method : {"GET", "POST"}) {
    SCOPED_TRACE(method);
    const base::MonotonicTime now = base::now();
    FakeWorker first = add_worker(1, 101);
    EXPECT_NE(relay_.remove(0, 100, "killed"), nullptr);
    const auto quick = push("/quick");
    round(now);
    ASSERT_EQ(first.take(), "/quick");
    first.answer("x");
    round(now);
    const auto before = push("/before", method);
    const auto fault = request("/fault", "POST");
    fault->job.origin.client_address = fault->job.store("192.0.2.1");
    EXPECT_TRUE(queue_.try_push(*fault));
    round(now);
    ASSERT_EQ(first.take(), "/before");
    round(now);
    EXPECT_TRUE(before->has_started());
    ASSERT_EQ(first.waiting(), 1U);
    first.slot().state = kGarbage;
    first.slot().written = 7;
    ASSERT_EQ(first.take(), "/fault");
    const std::uint32_t bits = round(now);
    EXPECT_TRUE(relay_.has_broken());
    EXPECT_NE(relay_.remove(1, 101, "killed"), nullptr);
    EXPECT_EQ(fault->error_status, 502);
    FakeWorker second = add_worker(0, 100);
    round(now);
    if (method == "POST") {
      EXPECT_EQ(bits & kAll, kAll);
      EXPECT_EQ(before->error_status, 502);
      continue;
    }
    ASSERT_EQ(second.take(), "/before");
    second.answer("ok");
    EXPECT_EQ(round(now) & kAll, kAll);
    EXPECT_EQ(before->error_status, 0);
    EXPECT_EQ(before->tail, "ok");
  }
}

TEST_F(RelayDistrustTest, ACompleteResponseIsTakenWhateverItsStateIs) {
  const auto exchange = push("/a", "POST");
  round();
  ASSERT_EQ(worker_.take(), "/a");
  worker_.answer("ok");
  worker_.slot().state = kGarbage;
  // The server has not seen that it began.
  EXPECT_EQ(round() & kAll, kAll);
  EXPECT_EQ(exchange->error_status, 0);
  EXPECT_EQ(exchange->tail, "ok");
  EXPECT_TRUE(relay_.has_broken());
}

TEST_F(RelayDistrustTest, EveryRequestIsReleasedWithItsWorker) {
  begin(RecordKind::kWholeHead);
  round();
  worker_.slot().state = SlotState::kReady;
  EXPECT_NE(relay_.remove(0, 100, "killed"), nullptr);
  EXPECT_EQ(round() & kAll, kAll);
  EXPECT_EQ(exchange_->error_status, 502);
}

TEST_F(RelayDistrustTest, AWorkerWaitsForItsClientOnlyIfThatHasSomethingToTake) {
  begin();
  round();
  worker_.slot().waits_for_client = 1;
  round();
  EXPECT_FALSE(exchange_->waits_for_client());
  ASSERT_TRUE(worker_.writer().put(RecordKind::kPiece, {"one"}));
  round();
  EXPECT_TRUE(exchange_->waits_for_client());
  exchange_->consumed(3);
  round();
  EXPECT_FALSE(exchange_->waits_for_client());
}

TEST_F(RelayDistrustTest, AResponseHasOneFatalError) {
  begin();
  ASSERT_TRUE(worker_.writer().put(RecordKind::kFatalError, {"one"}));
  round();
  EXPECT_FALSE(relay_.has_broken());
  ASSERT_TRUE(worker_.writer().put(RecordKind::kFatalError, {"two"}));
  round();
  EXPECT_TRUE(relay_.has_broken());
}

TEST_F(RelayDistrustTest, ACacheOfPathsHasPossibleFigures) {
  const auto seen = [&] {
    PathCacheUse use;
    relay_.visit([&](const RemoteWorker& worker) { use = worker.path_cache(); });
    return std::array{use.bytes, use.entries, use.max_bytes};
  };
  worker_.control().path_cache_bytes = 300;
  worker_.control().path_cache_entries = 2;
  worker_.control().path_cache_max_bytes = 4096;
  EXPECT_EQ(seen(), (std::array<std::uint64_t, 3>{300, 2, 4096}));
  worker_.control().path_cache_entries = ~std::uint64_t{0};
  EXPECT_EQ(seen(), (std::array<std::uint64_t, 3>{0, 0, 0}));
}

TEST_F(RelayDistrustTest, LostLinesAreCountedOnceAndInPossibleNumbers) {
  const auto lost = [&] {
    const auto exchange = push("/");
    round();
    EXPECT_EQ(worker_.take(), "/");
    worker_.answer("");
    round();
    return relay_.take_lost_lines();
  };
  worker_.control().lost_log_lines = 3;
  EXPECT_EQ(lost(), 3U);
  EXPECT_EQ(lost(), 0U);
  worker_.control().lost_log_lines = ~std::uint64_t{0};
  EXPECT_EQ(lost(), 0U);
  worker_.control().lost_log_lines = 4;
  EXPECT_EQ(lost(), 0U);
  worker_.control().lost_log_lines = 5;
  EXPECT_EQ(lost(), 1U);
}

// A host could name a process of another pool.
TEST_F(RelayDistrustTest, OnlyAChildOfItsHostIsLookedInto) {
  const auto is_looked_into = [&](int index, pid_t host) {
    const auto worker =
        RemoteWorker::create(index, settings_, metrics_.place().add_worker(index)).value();
    worker->set_pid(::getpid(), host);
    Exchange boot;
    bool looked = false;
    worker->visit_boot(
        boot, [&](int, Exchange&, Executor& executor) { looked = executor.probe() != nullptr; });
    return looked;
  };
  EXPECT_TRUE(is_looked_into(1, ::getppid()));
  EXPECT_FALSE(is_looked_into(2, ::getpid()));
  EXPECT_FALSE(is_looked_into(3, 0)) << "the host has ended";
}

// The request's texts are the server's own, whatever the worker has written.
TEST_F(RelayDistrustTest, ACrashIsOfARequestThatTheServerHasGiven) {
  using base::process::text_of;
  exchange_ = request("/a", "PUT");
  exchange_->job.request_id = 41;
  exchange_->job.head.target = exchange_->job.store("/a?password=secret");
  exchange_->job.script_filename = exchange_->job.store("/srv/a.php");
  ASSERT_TRUE(queue_.try_push(*exchange_));
  round();
  ASSERT_EQ(worker_.take(), "/a");
  EXPECT_FALSE(crash());
  base::process::CrashRecord& record = worker_.crash_record();
  std::memset(static_cast<void*>(&record), 0x61, sizeof record);
  record.request.id = 41;
  auto of_request = crash();
  ASSERT_TRUE(of_request);
  EXPECT_EQ(of_request->pid, 100);
  EXPECT_EQ(of_request->record->pid, 100);
  EXPECT_EQ(of_request->record->php_count, base::process::CrashRecord::kPhpFrames);
  EXPECT_EQ(of_request->record->has_request, 1U);
  EXPECT_EQ(text_of(of_request->record->request.method), "PUT");
  EXPECT_EQ(text_of(of_request->record->request.host), "");
  EXPECT_EQ(text_of(of_request->record->request.path), "/a");
  EXPECT_EQ(text_of(of_request->record->request.script), "/srv/a.php");
  EXPECT_EQ(of_request->request_id, exchange_->job.id().view());
  record.request.id = 42;
  of_request = crash();
  ASSERT_TRUE(of_request);
  EXPECT_EQ(of_request->record->has_request, 0U);
  EXPECT_EQ(text_of(of_request->record->request.path), "");
  EXPECT_EQ(of_request->request_id, "");
}

}  // namespace
}  // namespace tusk::exec::process
