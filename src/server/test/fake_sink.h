// FakeSink: a ResponseSink for unit tests.
//
// Thread: the test's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include "http/h1/response_writer.h"
#include "server/response_sink.h"

namespace tusk::server::test {

// Keeps the response, as HTTP/1.1 without chunks. The test is the client.
class FakeSink final : public ResponseSink {
 public:
  explicit FakeSink(net::Wakeup& wakeup) : wakeup_(wakeup) { head.status = 0; }

  // --- the client's side ---

  // Nothing more can be sent to the client.
  void client_leaves() {
    client_status_ = net::IoStatus::kFailed;
    if (std::exchange(watched_, false)) wakeup_.raise(net::Wakeup::kReadable);
  }
  // The client has finished sending, and still reads.
  void client_finishes_sending() {
    client_status_ = net::IoStatus::kClosed;
    if (std::exchange(watched_, false)) wakeup_.raise(net::Wakeup::kReadable);
  }
  // The deadline that was set passes.
  void deadline_passes() {
    deadline = base::MonotonicTime::max();
    wakeup_.raise(net::Wakeup::kDeadline);
  }

  http::ResponseHead head;  // of the response; its status is 0 before there is one
  std::string body;
  std::optional<std::uint64_t> length;  // of the body, if it is known with the head
  std::uint64_t from_files = 0;         // bytes of the body that were sent by send_file()
  bool ended = false;                   // Next::kEnd has come
  std::vector<int> interim;
  base::MonotonicTime deadline = base::MonotonicTime::max();
  bool broken_off = false;

  // --- ResponseSink ---

  BodyPlan begin(const http::RequestHead* request, const http::ResponseHead& response,
                 const http::Framing& framing) override {
    head = response;
    body.clear();
    ended = false;
    http::h1::ResponseContext context;
    context.head_request = request != nullptr && request->view(request->method) == "HEAD";
    std::string bytes;
    const http::h1::WrittenHead written =
        http::h1::append_response_head(bytes, response, framing, context);
    BodyPlan plan;
    plan.allowed = written.coding != http::h1::BodyCoding::kNone;
    if (written.coding == http::h1::BodyCoding::kSized) plan.length = written.length;
    length.reset();
    if (framing.kind == http::Framing::Kind::kKnown) length = framing.content_length;
    return plan;
  }
  base::Task<bool> send(std::string_view bytes, Next next) override {
    if (client_status_ == net::IoStatus::kFailed) co_return false;
    body.append(bytes);
    ended = next == Next::kEnd;
    co_return true;
  }
  base::Task<bool> send_file(int fd, std::uint64_t offset, std::uint64_t count,
                             Next next) override {
    if (client_status_ == net::IoStatus::kFailed) co_return false;
    std::string bytes(count, '\0');
    const ssize_t got = ::pread(fd, bytes.data(), count, static_cast<off_t>(offset));
    if (got != static_cast<ssize_t>(count)) co_return false;
    body.append(bytes);
    from_files += count;
    ended = next == Next::kEnd;
    co_return true;
  }
  base::Task<bool> send_interim(const http::RequestHead& /*request*/,
                                const http::ResponseHead& response) override {
    interim.push_back(response.status);
    co_return true;
  }
  void set_deadline(base::MonotonicTime at) override {
    deadline = at;
    wakeup_.lower(net::Wakeup::kDeadline);
  }
  void break_off() override { broken_off = true; }
  void watch_client() override {
    watched_ = client_status_ == net::IoStatus::kWouldBlock;
    if (!watched_) wakeup_.raise(net::Wakeup::kReadable);
  }
  net::IoStatus client() override { return client_status_; }

 private:
  net::Wakeup& wakeup_;
  net::IoStatus client_status_ = net::IoStatus::kWouldBlock;
  bool watched_ = false;
};

}  // namespace tusk::server::test
