#include "server/stream_connection.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "net/loop.h"

namespace tusk::server {

namespace {

// How long a client may still send after its last response.
constexpr base::Duration kLingerTime = std::chrono::seconds(2);

}  // namespace

StreamConnection::StreamConnection(LoopServices& loop, const ListenerServices& listener,
                                   std::unique_ptr<net::ByteStream> stream, ConnectionFacts facts)
    : loop_(loop), listener_(listener), stream_(std::move(stream)), facts_(std::move(facts)) {
  stream_->bind(wakeup_);
}

void StreamConnection::set_deadline(base::MonotonicTime at) {
  deadline_ = at;
  wakeup_.lower(net::Wakeup::kDeadline);
}

void StreamConnection::set_timeout(base::Duration from_now) {
  set_deadline(loop_.loop.now() + from_now);
}

void StreamConnection::shorten_for_drain() {
  deadline_ = std::min(deadline_, loop_.loop.now() + loop_.drain_idle_time);
}

void StreamConnection::expire() {
  deadline_ = kNever;
  wakeup_.raise(net::Wakeup::kDeadline);
}

void StreamConnection::count_received(std::size_t bytes) {
  bytes_in_a_row_ += bytes;
  if (listener_.counted) loop_.metrics.add<observe::Metric::kBytesReceived>(bytes);
}

void StreamConnection::count_sent(std::size_t bytes) {
  bytes_in_a_row_ += bytes;
  if (listener_.counted) loop_.metrics.add<observe::Metric::kBytesSent>(bytes);
}

base::Task<bool> StreamConnection::await_more_to_drop() {
  stream_->notify_when_readable();
  const std::uint32_t flags =
      co_await wakeup_.wait(net::Wakeup::kReadable | net::Wakeup::kDeadline);
  bytes_in_a_row_ = 0;
  co_return (flags & net::Wakeup::kReadable) != 0;
}

base::Task<void> StreamConnection::linger(std::uint64_t most_bytes) {
  lingers_ = true;
  stream_->shutdown_write();
  set_timeout(kLingerTime);
  BufferPool::Buffer buffer = loop_.buffers.take();
  for (std::uint64_t total = 0; total < most_bytes;) {
    if (bytes_in_a_row_ >= kFairShareBytes) {
      const bool more = co_await await_more_to_drop();
      if (!more) break;
    }
    const net::IoResult got = stream_->read({buffer.get(), BufferPool::kBufferBytes});
    if (got.status == net::IoStatus::kWouldBlock) {
      const bool more = co_await await_more_to_drop();
      if (!more) break;
      continue;
    }
    if (got.status != net::IoStatus::kOk) break;
    count_received(got.bytes);
    total += got.bytes;
  }
  loop_.buffers.give_back(std::move(buffer));
  lingers_ = false;
}

void StreamConnection::hand_over(std::unique_ptr<Connection> next) {
  successor = std::move(next);
  end(Ending::kClose);
}

void StreamConnection::end(Ending how) {
  deadline_ = kNever;
  if (stream_ != nullptr && how == Ending::kAbort) {
    stream_->abort();
  } else if (stream_ != nullptr) {
    stream_->close();
  }
  ended_ = true;
  loop_.ended.push_back(this);
}

}  // namespace tusk::server
