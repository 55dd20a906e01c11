// http1::Connection: frames a response and sends it at the client's pace.

#include <algorithm>
#include <array>
#include <utility>

#include "exec/response_store.h"
#include "net/loop.h"
#include "server/http1/connection.h"
#include "server/write_progress.h"

namespace tusk::server::http1 {

namespace {

constexpr std::string_view kServerName = "tusk";

// The end of a chunked body, without and with an open chunk before it.
constexpr std::string_view kEnd = "0\r\n\r\n";
constexpr std::string_view kEndAfterChunk = "\r\n0\r\n\r\n";

iovec piece_of(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

// Removes the first `count` bytes of the pieces, in order.
void remove_prefix(std::array<std::string_view*, 3> pieces, std::size_t count) {
  for (std::string_view* const piece : pieces) {
    const std::size_t of_this = std::min(count, piece->size());
    piece->remove_prefix(of_this);
    count -= of_this;
  }
}

}  // namespace

BodyPlan Connection::begin(const http::RequestHead* request, const http::ResponseHead& head,
                           const http::Framing& framing) {
  const ConnectionLimits& limits = listener_.limits;
  http::h1::ResponseContext context;
  context.keep_alive = false;
  if (request != nullptr) {
    context.version = request->version;
    context.head_request = request->view(request->method) == "HEAD";
    context.keep_alive = request->keep_alive && refusal_status_ == 0 && !draining_ &&
                         (limits.keepalive_requests == 0 || requests_ < limits.keepalive_requests);
  }
  context.date = loop_.date.text();
  context.server = kServerName;
  framing_out_.clear();
  chunk_open_ = false;
  written_ = http::h1::append_response_head(framing_out_, head, framing, context);
  BodyPlan plan;
  plan.allowed = written_.coding != http::h1::BodyCoding::kNone;
  if (written_.coding == http::h1::BodyCoding::kSized) plan.length = written_.length;
  return plan;
}

// Appends the chunk header of `size` bytes, if the body is chunked.
void Connection::begin_chunk(std::uint64_t size) {
  if (written_.coding != http::h1::BodyCoding::kChunked || size == 0) return;
  if (chunk_open_) framing_out_.append(http::h1::kChunkEnd);
  http::h1::append_chunk_header(framing_out_, size);
  chunk_open_ = true;
}

// Returns the framing that follows a chunk's data. The line end of a chunk is sent at once, so that
// clients that process whole chunks are not one chunk behind. It is sent with the next chunk if
// that follows at once.
std::string_view Connection::end_of_chunk(Next next) {
  if (written_.coding != http::h1::BodyCoding::kChunked || next == Next::kNow) return {};
  const bool open = std::exchange(chunk_open_, false);
  if (next == Next::kEnd) return open ? kEndAfterChunk : kEnd;
  return open ? http::h1::kChunkEnd : std::string_view();
}

base::Task<bool> Connection::send(std::string_view bytes, Next next) {
  begin_chunk(bytes.size());
  const bool sent = co_await write(framing_out_, bytes, end_of_chunk(next), next);
  framing_out_.clear();
  co_return sent;
}

base::Task<bool> Connection::send_file(int fd, std::uint64_t offset, std::uint64_t length,
                                       Next next) {
  begin_chunk(length);
  bool sent = co_await write(framing_out_, {}, {}, Next::kNow);
  framing_out_.clear();
  if (!sent) co_return false;
  sent = co_await copy_file(fd, offset, length);
  if (!sent) co_return false;
  co_return co_await write(end_of_chunk(next), {}, {}, Next::kLater);
}

base::Task<bool> Connection::send_interim(const http::RequestHead& request,
                                          const http::ResponseHead& head) {
  // HTTP/1.0 has no interim responses (RFC 9110 §15.2).
  if (request.version == http::Version::kHttp10) co_return true;
  std::string bytes;
  http::h1::append_response_head(bytes, head, http::Framing::declared(), {});
  co_return co_await write(bytes, {}, {}, Next::kLater);
}

// Yields the loop until there is room to write. False: the client reads too slowly.
base::Task<bool> Connection::await_room() {
  const ConnectionLimits& limits = listener_.limits;
  WriteProgress progress(facts_.descriptor, limits.write_timeout, limits.response_min_rate);
  stream_->notify_when_writable();
  bool room = false;
  bool goes_on = !response_broken_off_;
  while (!room && goes_on) {
    const base::Duration wait = progress.next_wait(exec::store_use(transaction_.store()));
    set_timeout(wait);
    const std::uint32_t flags = co_await wakeup_.wait(
        net::Wakeup::kWritable | net::Wakeup::kDeadline | net::Wakeup::kBrokenOff);
    room = !response_broken_off_ && (flags & net::Wakeup::kWritable) != 0;
    goes_on = !response_broken_off_ && (room || client_takes_enough(progress, wait));
  }
  deadline_ = kNever;
  bytes_in_a_row_ = 0;
  if (!room) abort_at_end_ = true;
  co_return room;
}

bool Connection::client_takes_enough(WriteProgress& progress, base::Duration waited) {
  const exec::StoreUse use = exec::store_use(transaction_.store());
  const bool enough = progress.is_sufficient(waited, use);
  if (!enough && use == exec::StoreUse::kNearlyFull)
    transaction_.count_closed(observe::Closed::kSlow);
  return enough;
}

base::Task<bool> Connection::write(std::string_view first, std::string_view second,
                                   std::string_view third, Next next) {
  const net::More more = next == Next::kNow ? net::More::kFollows : net::More::kNone;
  // If more was promised and does not follow, bytes that the stream held back must be sent.
  while (!first.empty() || !second.empty() || !third.empty() ||
         (more_promised_ && more == net::More::kNone)) {
    if (bytes_in_a_row_ >= kFairShareBytes) {
      const bool room = co_await await_room();
      if (!room) co_return false;
    }
    const std::array<iovec, 3> pieces = {piece_of(first), piece_of(second), piece_of(third)};
    const net::IoResult wrote = stream_->write(pieces, more);
    if (wrote.status == net::IoStatus::kOk) {
      count_sent(wrote.bytes);
      remove_prefix({&first, &second, &third}, wrote.bytes);
      more_promised_ = more == net::More::kFollows;
      continue;
    }
    if (wrote.status != net::IoStatus::kWouldBlock) co_return false;
    const bool room = co_await await_room();
    if (!room) co_return false;
  }
  co_return true;
}

base::Task<bool> Connection::copy_file(int fd, std::uint64_t offset, std::uint64_t length) {
  while (length > 0) {
    if (bytes_in_a_row_ >= kFairShareBytes) {
      const bool room = co_await await_room();
      if (!room) co_return false;
    }
    const auto count = static_cast<std::size_t>(std::min(length, kFairShareBytes));
    const net::IoResult sent = stream_->send_file(fd, offset, count);
    if (sent.status == net::IoStatus::kOk) {
      count_sent(sent.bytes);
      more_promised_ = false;
      offset += sent.bytes;
      length -= sent.bytes;
      continue;
    }
    if (sent.status != net::IoStatus::kWouldBlock) co_return false;
    const bool room = co_await await_room();
    if (!room) co_return false;
  }
  co_return true;
}

}  // namespace tusk::server::http1
