#include "server/http2/connection.h"

#include <algorithm>
#include <array>
#include <utility>

#include "net/loop.h"
#include "observe/log.h"

namespace tusk::server::http2 {

namespace {

// Bytes collected before a write. Few at first and for slow clients, since each connection keeps so
// many; more for a client that takes them all at once.
constexpr std::size_t kMinOutBytes = 16 * 1024;
constexpr std::size_t kMaxOutBytes = 64 * 1024;

// Bytes that each response may have unsent while all together have too many.
constexpr std::uint64_t kSqueezedBytes = 64 * 1024;

// Frames that wait in the session while the client reads nothing; above this, tusk stops reading.
constexpr std::size_t kMaxWaitingFrames = 200;

// The same for interim responses, which may be large.
constexpr std::size_t kMaxWaitingInterim = 16;

// Bytes that a client may still send after the last frame.
constexpr std::uint64_t kLingerBytes = 4 * 1024 * 1024;

http::h2::SessionLimits session_limits(const ConnectionLimits& limits) {
  http::h2::SessionLimits session = limits.session;
  session.header_bytes = limits.header_bytes;
  session.target_bytes = limits.target_bytes;
  session.header_count = limits.header_count;
  return session;
}

// The metrics' name for a violation: http/ and observe/ do not know each other.
observe::Http2Violation counted_as(http::h2::Violation violation) {
  using http::h2::Violation;
  switch (violation) {
    case Violation::kResets:
      return observe::Http2Violation::kResets;
    case Violation::kContinuations:
      return observe::Http2Violation::kContinuations;
    case Violation::kHeaderList:
      return observe::Http2Violation::kHeaderList;
    case Violation::kPings:
      return observe::Http2Violation::kPings;
    case Violation::kSettings:
      return observe::Http2Violation::kSettings;
    case Violation::kPriorities:
      return observe::Http2Violation::kPriorities;
    case Violation::kWindowUpdates:
      return observe::Http2Violation::kWindowUpdates;
    case Violation::kEmptyFrames:
      return observe::Http2Violation::kEmptyFrames;
    case Violation::kUnknownFrames:
      return observe::Http2Violation::kUnknownFrames;
    case Violation::kAcks:
      return observe::Http2Violation::kAcks;
    case Violation::kNone:
    case Violation::kProtocol:
      break;
  }
  return observe::Http2Violation::kProtocol;
}

}  // namespace

Connection::Connection(LoopServices& loop, const ListenerServices& listener,
                       std::unique_ptr<net::ByteStream> stream, ConnectionFacts facts,
                       std::string initial_bytes)
    : StreamConnection(loop, listener, std::move(stream), std::move(facts)),
      session_(session_limits(listener.limits), *this),
      memory_(loop.stream_bytes),
      initial_bytes_(std::move(initial_bytes)),
      out_limit_(kMinOutBytes) {
  if (listener.counted) loop.metrics.add<observe::Metric::kHttp2Connections>();
}

Connection::~Connection() {
  if (flush_wanted_) std::erase(loop_.unflushed, this);
}

base::Detached Connection::serve() {
  receive(initial_bytes_);
  std::string().swap(initial_bytes_);
  for (;;) {
    running_ = true;
    if (readable_) read();
    write();
    sweep_streams();
    if (!open_ || (session_.finished() && out_.empty())) break;
    set_own_deadlines();
    if (may_read()) stream_->notify_when_readable();
    if (blocked_) stream_->notify_when_writable();
    running_ = false;
    const std::uint32_t flags =
        co_await wakeup_.wait(net::Wakeup::kReadable | net::Wakeup::kWritable |
                              net::Wakeup::kDeadline | net::Wakeup::kStreams);
    readable_ = readable_ || (flags & net::Wakeup::kReadable) != 0;
    if ((flags & net::Wakeup::kWritable) != 0) blocked_ = false;
    if ((flags & net::Wakeup::kDeadline) != 0) on_own_deadline();
    bytes_in_a_row_ = 0;
  }
  running_ = false;
  note_violation();
  end_streams();
  const bool sends = violation_noted_ || stream_->peek() == net::IoStatus::kOk;
  if (open_ && sends) co_await linger(kLingerBytes);
  std::string().swap(out_);
  end(abort_at_end_ ? Ending::kAbort : Ending::kClose);
}

// --- input ---

void Connection::receive(std::string_view bytes) {
  session_.receive(bytes, loop_.loop.now());
  wake_streams();
}

// False: the client does not read its responses, so no more requests are read.
bool Connection::may_read() const {
  return !blocked_ || session_.waiting_frames() < kMaxWaitingFrames;
}

bool Connection::takes_interim() const {
  return !blocked_ || session_.waiting_frames() < kMaxWaitingInterim;
}

void Connection::read() {
  BufferPool::Buffer buffer = loop_.buffers.take();
  while (open_ && may_read() && bytes_in_a_row_ < kFairShareBytes) {
    const net::IoResult got = stream_->read({buffer.get(), BufferPool::kBufferBytes});
    if (got.status == net::IoStatus::kWouldBlock) {
      readable_ = false;
      break;
    }
    if (got.status != net::IoStatus::kOk) {
      open_ = false;
      break;
    }
    count_received(got.bytes);
    receive({buffer.get(), got.bytes});
    readable_ = got.bytes == BufferPool::kBufferBytes;
    if (!readable_) break;
    write();  // respond to what was read before reading more
  }
  loop_.buffers.give_back(std::move(buffer));
}

http::h2::StreamUser* Connection::on_request(http::h2::StreamId id, http::RequestHead& head,
                                             const http::Refusal& refusal, bool ended) {
  // Refused like a request beyond http2_max_streams: the client sends it again.
  if (!memory_.has_room(Stream::held_by(head))) {
    loop_.streams_refused.count(loop_.loop.now(), facts_.peer.address);
    return nullptr;
  }
  streams_.push_back(std::make_unique<Stream>(*this, id));
  streams_.back()->take_head(head, refusal, ended);
  const std::uint64_t most = listener_.limits.keepalive_requests;
  if (most != 0 && session_.requests() >= most) announce_end();
  return streams_.back().get();
}

// --- output ---

// A stream may outlive serve(), for example while it waits for a file to be compressed.
bool Connection::can_be_freed() const {
  return StreamConnection::can_be_freed() &&
         std::ranges::all_of(streams_, [](const auto& stream) { return stream->can_be_freed(); });
}

void Connection::want_flush() {
  if (flush_wanted_ || ended() || running_) return;
  flush_wanted_ = true;
  loop_.unflushed.push_back(this);
}

void Connection::flush() {
  flush_wanted_ = false;
  if (!ended()) wakeup_.raise(net::Wakeup::kStreams);
}

// Writes until there is nothing to send, no room, or other connections need the loop.
void Connection::write() {
  while (open_ && !blocked_) {
    if (out_sent_ == out_.size()) {
      out_.clear();
      out_sent_ = 0;
      session_.produce(out_, out_limit_);
      // A stream whose bytes were taken may have more at once.
      const bool any_woken = wake_streams();
      if (out_.empty()) {
        if (any_woken) continue;
        break;
      }
    }
    if (!write_out()) break;
  }
  if (out_.empty() && session_.open_streams() == 0) std::string().swap(out_);
}

bool Connection::write_out() {
  if (bytes_in_a_row_ >= kFairShareBytes) {
    blocked_ = true;  // until the loop says that there is room, which yields to the others
    return false;
  }
  const std::string_view rest = std::string_view(out_).substr(out_sent_);
  const std::array<iovec, 1> piece = {iovec{const_cast<char*>(rest.data()), rest.size()}};
  const net::IoResult wrote = stream_->write(piece, net::More::kNone);
  if (wrote.status == net::IoStatus::kOk) {
    out_sent_ += wrote.bytes;
    if (out_sent_ == out_.size() && out_.size() >= out_limit_) {
      out_limit_ = std::min(out_limit_ * 2, kMaxOutBytes);
    }
    write_deadline_ = kNever;
    count_sent(wrote.bytes);
    return true;
  }
  if (wrote.status == net::IoStatus::kWouldBlock) {
    blocked_ = true;
    out_limit_ = kMinOutBytes;
  } else {
    open_ = false;
  }
  return false;
}

// --- streams ---

bool Connection::wake_streams() {
  const bool any = !to_wake_.empty();
  std::vector<Stream*> woken;
  while (!to_wake_.empty()) {
    woken.swap(to_wake_);
    for (Stream* const stream : woken) stream->resume();
    woken.clear();
  }
  return any;
}

// Frees ended streams. to_wake_ is empty here, so nothing points to them.
void Connection::sweep_streams() {
  std::erase_if(streams_,
                [](const std::unique_ptr<Stream>& stream) { return stream->can_be_freed(); });
}

void Connection::check_unsent(Stream& changed) {
  if (unsent_limited_) changed.limit_unsent(kSqueezedBytes);
  if (streams_.size() < 2 && !unsent_limited_) return;  // the limit of a single response suffices
  std::uint64_t unsent = 0;
  for (const auto& stream : streams_) unsent += stream->unsent();
  const std::uint64_t most = listener_.limits.http2_unsent_bytes;
  const bool squeeze = unsent_limited_ ? unsent > most / 2 : unsent > most;
  if (squeeze == unsent_limited_) return;
  unsent_limited_ = squeeze;
  for (const auto& stream : streams_) {
    stream->limit_unsent(squeeze ? kSqueezedBytes : exec::Exchange::kUnlimited);
  }
}

// Removes waiting requests from the queue; a running script sees an abort when it writes.
void Connection::end_streams() {
  for (const auto& stream : streams_) stream->on_closed(http::h2::ErrorCode::kCancel);
  wake_streams();
  sweep_streams();
}

void Connection::note_violation() {
  const http::h2::Violation violation = session_.violation();
  if (violation == http::h2::Violation::kNone || violation_noted_) return;
  violation_noted_ = true;
  observe::log(observe::Level::kDebug, "HTTP/2 connection ended",
               {{"client", facts_.peer.address}, {"reason", to_string(violation)}});
  if (listener_.counted) loop_.metrics.http2_violation(counted_as(violation));
}

void Connection::count_stall() {
  if (listener_.counted) loop_.metrics.http2_violation(observe::Http2Violation::kStalled);
}

}  // namespace tusk::server::http2
