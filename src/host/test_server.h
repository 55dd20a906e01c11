// TestServer: plays the server for a PHP host, in tests.
//
// Thread: one.
#pragma once

#include <array>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "exec/process/doorbells.h"
#include "exec/process/figures/host_board.h"
#include "exec/process/host_protocol.h"
#include "exec/process/job_encoding.h"
#include "exec/process/region.h"
#include "exec/process/response_records.h"
#include "host/settings/host_settings.h"

namespace tusk::host {

namespace process = exec::process;

// Longer than anything takes on a busy machine.
inline constexpr std::chrono::seconds kTestPatience{30};

struct TestRequest {
  std::string script;  // its path
  std::string method = "GET";
  std::string query{};
  std::vector<std::pair<std::string, std::string>> fields{};
  std::string body{};

  void fill(exec::Job& job) const;
};

inline void TestRequest::fill(exec::Job& job) const {
  http::RequestHead& head = job.head;
  head.method = head.append(method);
  head.target = head.append("/script.php?" + query);
  head.path = {head.target.offset, 11};
  head.query = {head.target.offset + 12, static_cast<std::uint32_t>(query.size())};
  head.has_query = true;
  for (const auto& [name, value] : fields) head.add_field(name, value);
  const std::string_view path = script;
  job.document_root = job.store(path.substr(0, path.rfind('/')));
  job.script_filename = job.store(path);
  job.script_name = job.store(path.substr(path.rfind('/')));
  job.request_uri = head.target;
  job.request_id = 7;
}

struct TestResponse {
  std::vector<int> interim;
  http::ResponseHead head;
  std::string body;  // pieces and tail
  std::size_t pieces = 0;
  std::size_t files = 0;
  std::string fatal_error;
  std::optional<process::EndRecord> end;
  bool is_broken = false;
  bool is_whole = false;  // the head says that nothing is sent before the end
};

// The server's side of one worker process.
class TestWorker {
 public:
  TestWorker(int number, const process::RegionLayout& layout, int bell,
             std::atomic<std::uint64_t>& sleeping)
      : number_(number), bell_(bell), sleeping_(sleeping) {
    auto region = process::Region::create(layout);
    EXPECT_TRUE(region);
    region_ = std::move(*region);
    for (std::size_t slot = 0; slot < process::kSlots; ++slot) {
      std::array<int, 2> pair{};
      EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()), 0);
      sockets_[slot] = base::UniqueFd(pair[0]);
      far_sockets_[slot] = base::UniqueFd(pair[1]);
      readers_[slot] =
          std::make_unique<process::ResponseReader>(region_.slot(slot), region_.response(slot));
    }
  }

  std::vector<int> descriptors() const {
    std::vector<int> descriptors{region_.fd()};
    for (const base::UniqueFd& socket : far_sockets_) descriptors.push_back(socket.get());
    return descriptors;
  }
  // Once the host has them.
  void close_far_side() { far_sockets_ = {}; }

  int number() const { return number_; }
  process::RegionControl& control() const { return region_.control(); }
  const base::process::CrashRecord& crash_record() const { return region_.crash_record(); }
  process::SlotControl& slot(std::size_t slot) const { return region_.slot(slot); }
  pid_t pid = 0;
  bool reads_slowly = false;  // the client takes nothing

  void send(const TestRequest& request, std::size_t number = 0) {
    exec::Job job;
    request.fill(job);
    http::BodyUsage usage;
    http::BodySpool spool{
        .memory_bytes = std::size_t{1} << 30, .directory = "/tmp", .usage = &usage};
    EXPECT_TRUE(job.body.append(request.body, spool));
    process::SlotControl& slot = region_.slot(number);
    ASSERT_EQ(slot.state.load(), process::SlotState::kFree);
    slot.order.store(++orders_);
    if (process::body_place(job) == process::BodyPlace::kDescriptor) {
      const base::UniqueFd file(::memfd_create("body", MFD_CLOEXEC));
      EXPECT_EQ(::pwrite(file.get(), request.body.data(), request.body.size(), 0),
                static_cast<ssize_t>(request.body.size()));
      EXPECT_TRUE(process::send_descriptor(sockets_[number].get(), file.get(), orders_));
    }
    const std::size_t bytes = process::encode(job, region_.request(number));
    ASSERT_GT(bytes, 0U);
    slot.request_bytes.store(static_cast<std::uint32_t>(bytes));
    slot.loop.store(0);
    slot.taken.store(0);
    slot.cancelled.store(0);
    slot.unsent_limit.store(exec::Exchange::kUnlimited);
    readers_[number]->begin();
    files_[number].reset();
    slot.state.store(process::SlotState::kReady, std::memory_order_seq_cst);
    nudge();
    job.body.clear();
  }

  void nudge() const {
    control().wake.fetch_add(1, std::memory_order_seq_cst);
    if (control().sleeping.load(std::memory_order_seq_cst) != 0) process::wake_on(control().wake);
  }
  void order(process::Order what) const {
    control().orders.fetch_or(static_cast<std::uint32_t>(what));
    nudge();
  }
  void cancel(std::size_t number) const {
    process::SlotControl& slot = region_.slot(number);
    slot.cancelled.store(1, std::memory_order_seq_cst);
    slot.progress.fetch_add(1, std::memory_order_seq_cst);
    if (slot.waits.load(std::memory_order_seq_cst) != 0) process::wake_on(slot.progress);
  }

  // Takes what the worker has written. True: the response is complete, and the slot free again.
  bool read(TestResponse& response, std::size_t number = 0) {
    process::SlotControl& slot = region_.slot(number);
    const bool done = slot.state.load(std::memory_order_seq_cst) == process::SlotState::kDone;
    process::Record record;
    process::ResponseReader::Next next{};
    while ((next = readers_[number]->next(record)) == process::ResponseReader::Next::kRecord)
      take(record, response, number);
    if (next == process::ResponseReader::Next::kBroken) response.is_broken = true;
    if (readers_[number]->give_back()) process::wake_on(slot.progress);
    if (done) slot.state.store(process::SlotState::kFree);
    return done;
  }

  // Reads until `is_enough` or the response is complete.
  template <class Enough>
  bool read_until(TestResponse& response, Enough is_enough, std::size_t number = 0) {
    const auto until = base::now() + kTestPatience;
    while (base::now() < until) {
      if (read(response, number) || is_enough()) return true;
      wait_for_bell();
    }
    return false;
  }

  TestResponse fetch(const TestRequest& request, std::size_t number = 0) {
    send(request, number);
    TestResponse response;
    EXPECT_TRUE(read_until(response, [] { return false; }, number)) << "no response";
    return response;
  }

  void wait_for_bell() const {
    pollfd bell{.fd = bell_, .events = POLLIN, .revents = 0};
    (void)::poll(&bell, 1, 20);  // it rings only if the page says that the loop sleeps
    std::uint64_t count = 0;
    (void)!::read(bell_, &count, sizeof count);
    ++sleeping_;  // the next sleep, before the caller looks for news
  }

  // The client has taken everything so far.
  void take_pieces(std::size_t number = 0) const {
    process::SlotControl& slot = region_.slot(number);
    slot.taken.store(piece_bytes_[number]);
    slot.progress.fetch_add(1, std::memory_order_seq_cst);
    if (slot.waits.load(std::memory_order_seq_cst) != 0) process::wake_on(slot.progress);
  }

 private:
  void take(const process::Record& record, TestResponse& response, std::size_t number) {
    using process::RecordKind;
    if (record.kind == RecordKind::kHead || record.kind == RecordKind::kWholeHead ||
        record.kind == RecordKind::kInterim) {
      http::ResponseHead head;
      EXPECT_TRUE(process::decode(record.text(), head));
      if (record.kind == RecordKind::kInterim) response.interim.push_back(head.status);
      response.is_whole = record.kind == RecordKind::kWholeHead;
      if (record.kind != RecordKind::kInterim) {
        piece_bytes_[number] = 0;
        response.head = std::move(head);
      }
    } else if (record.kind == RecordKind::kPiece) {
      ++response.pieces;
      record.append_to(response.body);
      took(record.size(), number);
    } else if (record.kind == RecordKind::kNewFile) {
      ++response.files;
      files_[number] =
          process::receive_descriptor(sockets_[number].get(), region_.slot(number).order.load());
      EXPECT_TRUE(files_[number]);
    } else if (record.kind == RecordKind::kFilePiece) {
      process::FilePiece piece;
      ASSERT_TRUE(record.read(piece));
      std::string bytes(piece.length, '\0');
      EXPECT_EQ(::pread(files_[number].get(), bytes.data(), bytes.size(),
                        static_cast<off_t>(piece.offset)),
                static_cast<ssize_t>(bytes.size()));
      response.body += bytes;
      took(bytes.size(), number);
    } else if (record.kind == RecordKind::kTail) {
      record.append_to(response.body);
    } else if (record.kind == RecordKind::kFatalError) {
      response.fatal_error = record.text();
    } else {
      process::EndRecord end;
      EXPECT_TRUE(record.read(end));
      response.end = end;
    }
  }

  void took(std::uint64_t bytes, std::size_t number) {
    piece_bytes_[number] += bytes;
    if (!reads_slowly) take_pieces(number);
  }

  int number_;
  int bell_;
  std::atomic<std::uint64_t>& sleeping_;
  process::Region region_;
  std::array<base::UniqueFd, process::kSlots> sockets_;
  std::array<base::UniqueFd, process::kSlots> far_sockets_;
  std::array<std::unique_ptr<process::ResponseReader>, process::kSlots> readers_;
  std::array<base::UniqueFd, process::kSlots> files_;
  std::array<std::uint64_t, process::kSlots> piece_bytes_{};
  std::uint64_t orders_ = 0;
};

class TestServer {
 public:
  TestServer() : bell_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    doorbells_.emplace(std::move(*process::Doorbells::create()));
    doorbells_->sleeping(0).store(1);
    board_.emplace(std::move(*process::HostBoard::create()));
    settings.php.sapi_name = "tusk";
    settings.php.stack_bytes = std::uint64_t{256} << 20;
    settings.log.level = observe::Level::kWarn;
  }
  ~TestServer() {
    socket_.reset();
    if (host_ > 0) (void)wait_for_host();
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  HostSettings settings;
  const process::HostBoard& board() const { return *board_; }

  // Starts the host. Returns its answer: kReady or kFailed.
  process::Received start() {
    std::array<int, 2> pair{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()), 0);
    socket_ = base::UniqueFd(pair[0]);
    const base::UniqueFd far(pair[1]);
    host_ = ::fork();
    if (host_ == 0) {
      if (::dup2(far.get(), process::kHostSocket) < 0) ::_exit(126);
      ::fcntl(process::kHostSocket, F_SETFD, 0);
      ::execl(TUSK_HOST_PROGRAM, "tusk-php-host", nullptr);
      ::_exit(127);
    }
    greet(encode(settings));
    return receive();
  }

  // Text that is too long for a message goes into a file.
  void greet(std::string_view text) const {
    std::vector<int> descriptors{board_->fd(), doorbells_->fd(), bell_.get()};
    base::UniqueFd file;
    if (text.size() > process::kMostText) {
      file = base::UniqueFd(::memfd_create("settings", MFD_CLOEXEC));
      EXPECT_EQ(::pwrite(file.get(), text.data(), text.size(), 0),
                static_cast<ssize_t>(text.size()));
      descriptors.insert(descriptors.begin(), file.get());
      text = {};
    }
    EXPECT_TRUE(
        process::send(socket_.get(), {.kind = process::MessageKind::kHello}, text, descriptors));
  }

  base::Result<bool> try_send(const process::Message& message) const {
    return process::try_send(socket_.get(), message);
  }

  process::Received receive() {
    pollfd ready{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&ready, 1, static_cast<int>(kTestPatience.count() * 1000)), 1);
    auto received = process::receive(socket_.get());
    EXPECT_TRUE(received) << received.error().message;
    return received ? std::move(*received) : process::Received();
  }

  // Forks a worker, and waits until it serves.
  std::unique_ptr<TestWorker> fork_worker(int number = 0, int failed_boots = 0) {
    auto worker =
        std::make_unique<TestWorker>(number, settings.region, bell_.get(), doorbells_->sleeping(0));
    EXPECT_TRUE(process::send(
        socket_.get(),
        {.kind = process::MessageKind::kFork, .worker = number, .value = failed_boots}, {},
        worker->descriptors()));
    const process::Received forked = receive();
    EXPECT_EQ(forked.message.kind, process::MessageKind::kForked);
    EXPECT_EQ(forked.message.worker, number);
    worker->pid = forked.message.pid;
    worker->close_far_side();
    return worker;
  }
  bool await_serving(const TestWorker& worker) const {
    const auto until = base::now() + kTestPatience;
    while (base::now() < until && worker.control().serves.load() == 0) worker.wait_for_bell();
    return worker.control().serves.load() != 0;
  }

  void signal(const TestWorker& worker, int number) const {
    EXPECT_TRUE(process::send(socket_.get(), {.kind = process::MessageKind::kSignal,
                                              .worker = worker.number(),
                                              .pid = worker.pid,
                                              .value = number}));
  }
  void stop() const {
    EXPECT_TRUE(process::send(socket_.get(), {.kind = process::MessageKind::kStop}));
  }
  void close_socket() { socket_.reset(); }
  pid_t host() const { return host_; }
  // Returns the host's wait status.
  int wait_for_host() {
    int status = -1;
    ::waitpid(host_, &status, 0);
    host_ = -1;
    return status;
  }

 private:
  base::UniqueFd bell_;
  std::optional<process::Doorbells> doorbells_;
  std::optional<process::HostBoard> board_;
  base::UniqueFd socket_;
  pid_t host_ = -1;
};

}  // namespace tusk::host
