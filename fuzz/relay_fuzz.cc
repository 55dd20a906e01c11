// Relay: a worker process writes whatever it wants into the memory that it shares with the server,
// between any two rounds: states, counters, responses, descriptors. Beside it an honest worker has
// requests, and afterwards others serve what is left. Each request is released once, the honest
// worker's responses arrive as they were sent, and no memory stays counted.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "exec/process/host_protocol.h"
#include "exec/process/job_encoding.h"
#include "exec/process/relay.h"
#include "exec/response_channel.h"
#include "observe/metrics.h"
#include "script.h"

namespace {

namespace exec = tusk::exec;
namespace observe = tusk::observe;
namespace process = tusk::exec::process;
using exec::Exchange;
using process::RecordKind;
using process::SlotState;
using tusk::fuzz::Script;

constexpr std::size_t kRequests = 24;
constexpr process::RegionLayout kLayout{.request_bytes = 4096, .response_bytes = 1024};

// The worker's side of a region.
class Worker {
 public:
  explicit Worker(const process::RemoteWorker& worker)
      : region_(process::Region::attach(worker.host_ends()[0], kLayout).value()),
        ends_(worker.host_ends()) {
    region_.control().serves = 1;
  }

  // The path of the first request that waits, which it takes. Empty: there is none.
  std::string take() {
    std::size_t next = process::kSlots;
    for (std::size_t i = 0; i < process::kSlots; ++i) {
      if (region_.slot(i).state != SlotState::kReady) continue;
      if (next == process::kSlots || region_.slot(i).order < region_.slot(next).order) next = i;
    }
    if (next == process::kSlots) return {};
    slot_ = next;
    control().state = SlotState::kRunning;
    writer_.emplace(control(), region_.response(slot_));
    writer_->begin();
    exec::Job job;
    process::DecodedBody body;
    const std::size_t bytes = std::min<std::size_t>(control().request_bytes, kLayout.request_bytes);
    if (!process::decode(region_.request(slot_).first(bytes), job, body)) return {};
    return std::string(job.view(job.head.path));
  }
  // It has nothing to do.
  void sleep() { region_.control().sleeping = 1; }
  void answer(std::string_view body) {
    put(RecordKind::kWholeHead, "200 OK\r\nX-A: b\r\n");
    put(RecordKind::kTail, body);
    const process::EndRecord end;
    put(RecordKind::kEnd, {reinterpret_cast<const char*>(&end), sizeof end});
    control().state = SlotState::kDone;
  }
  void put(RecordKind kind, std::string_view bytes) {
    if (!writer_) return;
    writer_->begin();
    if (control().written % 8 == 0) writer_->put(kind, {bytes});
  }

  // Bytes of the input, anywhere.
  void scribble(Script& script) {
    char* const memory = reinterpret_cast<char*>(&region_.control());
    const bool in_control = script.byte() % 4 != 0;
    const std::size_t size = in_control ? kLayout.control_bytes() : kLayout.total_bytes();
    const std::size_t at = script.number(3) % size;
    const std::string_view bytes = script.take(script.byte() % 65);
    bytes.copy(memory + at, size - at);
  }
  void set_state(Script& script) {
    constexpr std::array kStates = {SlotState::kFree, SlotState::kReady, SlotState::kRunning,
                                    SlotState::kDone, static_cast<SlotState>(7)};
    slot_ = script.byte() % process::kSlots;
    control().state = kStates[script.byte() % kStates.size()];
    writer_.emplace(control(), region_.response(slot_));
  }
  void send_file(Script& script) {
    const tusk::base::UniqueFd file(::memfd_create("fuzz", MFD_CLOEXEC));
    TUSK_CHECK(::ftruncate(file.get(), static_cast<off_t>(script.number(2))) == 0);
    (void)process::send_descriptor(ends_[1 + slot_], file.get(), control().order);
    put(RecordKind::kNewFile, {});
    const process::FilePiece piece{.offset = script.number(1), .length = script.number(2)};
    put(RecordKind::kFilePiece, {reinterpret_cast<const char*>(&piece), sizeof piece});
  }

 private:
  process::SlotControl& control() { return region_.slot(slot_); }

  process::Region region_;
  std::array<int, 1 + process::kSlots> ends_;  // the RemoteWorker's
  std::size_t slot_ = 0;
  std::optional<process::ResponseWriter> writer_;
};

class Server {
 public:
  Server() {
    settings_.layout = kLayout;
    settings_.reply.spool.usage = &usage_;
    settings_.reply.buffer_bytes = settings_.reply.memory_bytes = 4096;
    settings_.reply.spool_bytes = 8192;
  }

  std::unique_ptr<Worker> add_worker(int index) {
    auto worker =
        process::RemoteWorker::create(index, settings_, metrics_.place().add_worker(index)).value();
    worker->set_pid(pid_of(index), 0);
    auto fake = std::make_unique<Worker>(*worker);
    relay_.add(std::move(worker));
    return fake;
  }
  void remove_worker(int index) { (void)relay_.remove(index, pid_of(index), "fuzzed"); }

  void push(bool may_be_repeated) {
    if (requests_.size() == kRequests) return;
    auto exchange = std::make_unique<Exchange>();
    exchange->prepare();
    exec::Job& job = exchange->job;
    job.head.method = job.store(may_be_repeated ? "GET" : "POST");
    job.head.path = job.store("/" + std::to_string(requests_.size()));
    exchange->channel = channel_.get();
    TUSK_CHECK(queue_.try_push(*exchange));
    requests_.push_back(std::move(exchange));
  }
  void round() {
    relay_.round(now_ += std::chrono::microseconds(50));
    channel_->drain([&](Exchange& exchange) {
      const std::uint32_t bits = exchange.acknowledge();
      if ((bits & Exchange::kReleased) == 0) return;
      // Nothing is published of an exchange that was given back.
      TUSK_CHECK(released_.insert(&exchange).second);
    });
  }
  // As the pool's watchdog does.
  void look_who_is_awake() {
    relay_.visit([](process::RemoteWorker& worker) { worker.look_whether_awake(); });
  }
  void let_time_pass() { now_ += std::chrono::milliseconds(200); }
  // The client of one of them reads what there is, or leaves.
  void read(Script& script) {
    if (requests_.empty()) return;
    Exchange& exchange = *requests_[script.byte() % requests_.size()];
    if (released_.contains(&exchange)) return;
    if (script.byte() % 4 == 0) {
      if (!relay_.cancel_if_waiting(exchange)) exchange.cancel();
      return;
    }
    exchange.drop_pieces();
    exchange.consumed(exchange.unsent_bytes());
  }

  bool all_released() const { return released_.size() == requests_.size(); }
  std::size_t requests() const { return requests_.size(); }
  // Null: it is not released.
  const Exchange* released(std::string_view path) const {
    for (const auto& exchange : requests_) {
      if (exchange->job.view(exchange->job.head.path) == path)
        return released_.contains(exchange.get()) ? exchange.get() : nullptr;
    }
    return nullptr;
  }
  // What responses held is given back with them.
  void check_memory() {
    for (const auto& exchange : requests_) exchange->prepare();
    TUSK_CHECK(usage_.memory_bytes == 0 && usage_.disk_bytes == 0);
  }

 private:
  static pid_t pid_of(int index) { return 1'000'000'000 + index; }

  observe::Metrics metrics_{observe::BuildInfo{}};
  exec::UnsentUsage usage_;
  process::RemoteWorker::Settings settings_;
  exec::RequestQueue queue_{kRequests, 3};
  exec::LostClients lost_clients_{{}};
  exec::observation::SlowLog slow_log_{exec::observation::SlowLogSettings{}};
  std::unique_ptr<exec::ResponseChannel> channel_ = exec::ResponseChannel::create().value();
  std::deque<std::unique_ptr<Exchange>> requests_;
  std::set<const Exchange*> released_;
  tusk::base::MonotonicTime now_ = tusk::base::now();
  process::Relay relay_{{.queue = queue_,
                         .lost_clients = lost_clients_,
                         .slow_log = slow_log_,
                         .metrics = metrics_.add_shard(),
                         .shown_pool = {}}};
};

// The honest worker's answers.
class Answers {
 public:
  explicit Answers(Server& server) : server_(server) {}

  void serve(Worker& worker) {
    const std::string path = worker.take();
    if (path.empty()) return worker.sleep();
    worker.answer("answer " + path);
    given_.push_back(path);
  }
  // It was not cancelled before: then nobody looks at it.
  void check() const {
    for (const std::string& path : given_) {
      const Exchange* const exchange = server_.released(path);
      TUSK_CHECK(exchange != nullptr);
      if (exchange->cancelled()) continue;
      TUSK_CHECK(exchange->error_status == 0 && exchange->head.status == 200);
      TUSK_CHECK(exchange->tail == "answer " + path);
    }
  }

 private:
  Server& server_;
  std::vector<std::string> given_;
};

void act(Script& script, Server& server, std::unique_ptr<Worker>& hostile, Worker& honest,
         Answers& answers) {
  switch (script.byte() % 12) {
    case 0:
    case 1:
      server.push(script.byte() % 4 != 0);
      break;
    case 2:
      (void)hostile->take();
      break;
    case 3:
      hostile->answer(script.take(script.byte() % 32));
      break;
    case 4:
    case 5:
      hostile->scribble(script);
      break;
    case 6:
      hostile->set_state(script);
      break;
    case 7:
      hostile->put(static_cast<RecordKind>(script.byte() % 11), script.take(script.byte()));
      break;
    case 8:
      hostile->send_file(script);
      break;
    case 9:
      server.read(script);
      break;
    case 10:
      answers.serve(honest);
      break;
    default:
      if (script.byte() % 4 != 0) return server.let_time_pass();
      server.remove_worker(0);
      hostile = server.add_worker(0);
      break;
  }
  if (script.byte() % 2 == 0) server.round();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  observe::set_level(observe::Level::kOff);
  Script script({reinterpret_cast<const char*>(data), size});
  Server server;
  Answers answers(server);
  std::unique_ptr<Worker> hostile = server.add_worker(0);
  const std::unique_ptr<Worker> honest = server.add_worker(1);
  while (!script.done()) act(script, server, hostile, *honest, answers);
  server.remove_worker(0);
  for (std::size_t i = 0; i < 4 * kRequests && !server.all_released(); ++i) {
    server.look_who_is_awake();
    server.round();
    answers.serve(*honest);
  }
  TUSK_CHECK(server.all_released());
  answers.check();
  server.remove_worker(1);
  server.check_memory();
  return 0;
}
