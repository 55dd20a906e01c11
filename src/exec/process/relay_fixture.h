// RelayTest: a Relay, with workers that the test plays.
#pragma once

#include <array>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "exec/process/job_encoding.h"
#include "exec/process/relay.h"
#include "exec/response_channel.h"
#include "observe/metrics.h"

namespace tusk::exec::process {

inline constexpr std::uint32_t kAll =
    Exchange::kHeadReady | Exchange::kFinished | Exchange::kReleased;

// Plays a worker process: it writes to the same region.
class FakeWorker {
 public:
  FakeWorker(const RemoteWorker& worker, const RegionLayout& layout)
      : region_(Region::attach(worker.host_ends()[0], layout).value()), ends_(worker.host_ends()) {
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
  // Requests that it could take.
  std::size_t waiting() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < kSlots; ++i)
      count += region_.slot(i).state == SlotState::kReady ? 1 : 0;
    return count;
  }
  // Writes what no worker writes into the states of those.
  void overwrite_waiting() {
    for (std::size_t i = 0; i < kSlots; ++i) {
      if (region_.slot(i).state == SlotState::kReady)
        region_.slot(i).state = static_cast<SlotState>(0x47a3);
    }
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
  base::process::CrashRecord& crash_record() { return region_.crash_record(); }
  SlotControl& slot() { return region_.slot(slot_); }
  int socket() const { return ends_[1 + slot_]; }

 private:
  Region region_;
  std::array<int, 1 + kSlots> ends_;  // the RemoteWorker's
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
    worker->set_pid(pid, 0);
    FakeWorker fake(*worker, settings_.layout);
    relay_.add(std::move(worker));
    return fake;
  }

  std::unique_ptr<Exchange> request(std::string_view path, std::string_view method = "GET") {
    auto exchange = std::make_unique<Exchange>();
    exchange->prepare();
    exchange->job.head.method = exchange->job.store(method);
    exchange->job.head.path = exchange->job.store(path);
    exchange->channel = channel_.get();
    return exchange;
  }
  std::unique_ptr<Exchange> push(std::string_view path, std::string_view method = "GET") {
    auto exchange = request(path, method);
    EXPECT_TRUE(queue_.try_push(*exchange));
    return exchange;
  }
  // The bits that are new.
  std::uint32_t round() { return round(base::now()); }
  std::uint32_t round(base::MonotonicTime now) {
    relay_.round(now);
    std::uint32_t bits = 0;
    channel_->drain([&](Exchange& exchange) { bits |= exchange.acknowledge(); });
    return bits & ~std::uint32_t{Exchange::kPosted};
  }

  observe::Metrics metrics_{observe::BuildInfo{}};
  UnsentUsage usage_;
  RemoteWorker::Settings settings_;
  RequestQueue queue_{16, 2};
  LostClients lost_clients_{{.per_client = 1}};
  observation::SlowLog slow_log_{observation::SlowLogSettings{}};
  std::unique_ptr<ResponseChannel> channel_ = ResponseChannel::create().value();
  Relay relay_{{.queue = queue_,
                .lost_clients = lost_clients_,
                .slow_log = slow_log_,
                .metrics = metrics_.add_shard(),
                .shown_pool = {}}};
};

}  // namespace tusk::exec::process
