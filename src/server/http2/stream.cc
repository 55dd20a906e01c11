#include "server/http2/stream.h"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

#include "exec/response_store.h"
#include "net/loop.h"
#include "observe/log.h"
#include "server/http2/connection.h"

namespace tusk::server::http2 {

namespace {

constexpr std::string_view kServerName = "tusk";

// Delay between a complete response to an incomplete request and RST_STREAM(NO_ERROR), which tells
// the client to stop sending. By then the client has read the response, and most have stopped.
constexpr base::Duration kStopDelay = std::chrono::milliseconds(500);

}  // namespace

Stream::Stream(Connection& connection, http::h2::StreamId id)
    : connection_(connection),
      id_(id),
      transaction_(connection.loop(), connection.listener(), connection.facts(), wakeup_, *this),
      body_progress_(connection.listener().limits.body_timeout,
                     connection.listener().limits.body_min_rate),
      progress_(connection.listener().limits.write_timeout,
                connection.listener().limits.response_min_rate) {}

Stream::~Stream() { hold(0); }

std::uint64_t Stream::held_by(const http::RequestHead& head) {
  return StreamMemory::kOfStream + head.text.capacity() +
         head.fields.capacity() * sizeof(http::HeaderField);
}

void Stream::hold(std::uint64_t bytes) {
  connection_.memory().change(held_, bytes);
  held_ = bytes;
}

// --- the request ---

void Stream::take_head(http::RequestHead& head, const http::Refusal& refusal, bool ended) {
  transaction_.set_received(connection_.loop().loop.now());
  held_head_ = held_by(head);
  hold(held_head_);
  const int status = transaction_.begin(head);
  if (refusal.refused()) {
    observe::log(observe::Level::kDebug, "request refused",
                 {{"client", connection_.facts().peer.address}, {"reason", refusal.reason}});
    refuse(refusal.status);
  } else if (status != 0) {
    refuse(status);
  } else if (ended) {
    on_end();
  } else {
    if (transaction_.head().expect_continue) {
      http::ResponseHead go_ahead;
      go_ahead.status = 100;
      connection_.session().send_interim(id_, go_ahead);
    }
    body_progress_.begin(connection_.loop().loop.now());
    set_body_deadline();
  }
}

void Stream::set_body_deadline() {
  set_deadline(body_progress_.deadline(connection_.session().open_streams()));
}

void Stream::on_body(std::string_view piece) {
  if (ready_to_answer_) return;  // refused: drop the rest of the body
  if (const int status = transaction_.append_body(piece); status != 0) {
    refuse(status);
    return;
  }
  body_progress_.add(piece.size(), connection_.loop().loop.now());
  set_body_deadline();
}

void Stream::on_end() {
  if (ready_to_answer_) return;
  if (const int status = transaction_.finish_body(); status != 0) {
    refuse(status);
  } else {
    queue_answer();
  }
}

void Stream::on_answered_early() {
  answered_early_ = true;
  if (answered_) schedule_stop();
}

void Stream::schedule_stop() { set_deadline(connection_.loop().loop.now() + kStopDelay); }

void Stream::refuse(int status) {
  refusal_status_ = status;
  if (status < 500 && connection_.listener().counted) {
    connection_.loop().metrics.parse_error(status);
  }
  queue_answer();
}

void Stream::queue_answer() {
  ready_to_answer_ = true;
  set_deadline(base::MonotonicTime::max());
  connection_.queue_wake(*this);
}

// A request that is reset in the same batch of frames is never answered, so it costs no work.
void Stream::resume() {
  if (ready_to_answer_ && !answering_ && !closed_) {
    answering_ = true;
    answer();
    return;
  }
  wake_queued_ = false;
  wakeup_.raise(closed_ ? net::Wakeup::kReadable : net::Wakeup::kWritable);
}

base::Detached Stream::answer() {
  bool sent = false;
  if (refusal_status_ != 0) {
    sent = co_await transaction_.refuse(refusal_status_);
  } else {
    sent = co_await transaction_.respond();
  }
  answered_ = true;
  deadline_ = base::MonotonicTime::max();
  bytes_ = {};
  // Reset, so that the client does not take an incomplete response for the whole.
  if (!sent && !closed_) {
    connection_.session().reset(
        id_, head_sent_ ? http::h2::ErrorCode::kInternalError : http::h2::ErrorCode::kCancel);
  }
  if (sent && answered_early_ && !closed_) schedule_stop();
  connection_.want_flush();
}

void Stream::on_closed(http::h2::ErrorCode) {
  closed_ = true;
  wake_queued_ = true;
  connection_.queue_wake(*this);
}

void Stream::set_deadline(base::MonotonicTime at) {
  deadline_ = at;
  wakeup_.lower(net::Wakeup::kDeadline);
  connection_.expire_by(at);
}

void Stream::expire() {
  deadline_ = base::MonotonicTime::max();
  if (answered_) {
    connection_.session().reset(id_, http::h2::ErrorCode::kNoError);
  } else if (answering_) {
    wakeup_.raise(net::Wakeup::kDeadline);
  } else if (!ready_to_answer_) {
    // More streams may share the minimum rate now than when the deadline was set.
    set_body_deadline();
    if (deadline_ <= connection_.loop().loop.now()) refuse(408);
  }
}

void Stream::on_drain_timeout() {
  if (closed_ || answered_) return;
  if (!ready_to_answer_) {
    refuse(503);
  } else if (transaction_.awaits_reply()) {
    wakeup_.raise(net::Wakeup::kDrainOver);
  }
}

// --- the response, pushed by the transaction ---

BodyPlan Stream::begin(const http::RequestHead* request, const http::ResponseHead& head,
                       const http::Framing& framing) {
  if (closed_) return {};
  http::h2::ResponseContext context;
  context.head_request = request != nullptr && request->view(request->method) == "HEAD";
  context.date = connection_.loop().date.text();
  context.server = kServerName;
  const http::h2::ResponseBody body = connection_.session().send_head(id_, head, framing, context);
  head_sent_ = true;
  body_follows_ = body.follows;
  connection_.want_flush();
  return {body.follows, body.length};
}

base::Task<bool> Stream::send_interim(const http::RequestHead&, const http::ResponseHead& head) {
  // HTTP/2 has no 101 (RFC 9113 §8.6).
  if (closed_ || head.status == 101) co_return !closed_;
  // It is a hint, which a client that reads nothing does not need: the session would keep it.
  if (!connection_.takes_interim()) co_return true;
  connection_.session().send_interim(id_, head);
  connection_.want_flush();
  co_return true;
}

base::Task<bool> Stream::send(std::string_view bytes, Next next) {
  file_ = -1;
  bytes_ = body_follows_ ? bytes : std::string_view();
  return offer(next);
}

base::Task<bool> Stream::send_file(int fd, std::uint64_t offset, std::uint64_t length, Next next) {
  file_ = fd;
  file_offset_ = offset;
  file_unpulled_ = body_follows_ ? length : 0;
  bytes_ = {};
  return offer(next);
}

// Waits until the session has pulled everything: this wait is the back-pressure.
base::Task<bool> Stream::offer(Next next) {
  last_ = next == Next::kEnd;
  if (closed_ || response_broken_off_) co_return false;
  if (body_follows_ && (unpulled() > 0 || last_)) {
    connection_.session().resume(id_);
    connection_.want_flush();
  }
  if (unpulled() == 0) co_return true;
  co_await await_client();
  const bool all = unpulled() == 0;
  file_ = -1;
  bytes_ = {};
  co_return all;
}

// Waits until the client has taken everything, has left, or is too slow.
base::Task<void> Stream::await_client() {
  progress_.begin_wait(connection_.loop().loop.now(), connection_.body_bytes_taken());
  set_deadline(progress_.deadline(exec::store_use(store())));
  bool goes_on = true;
  while (waits_for_client() && goes_on) {
    const std::uint32_t flags =
        co_await wakeup_.wait(net::Wakeup::kWritable | net::Wakeup::kReadable |
                              net::Wakeup::kDeadline | net::Wakeup::kBrokenOff);
    const bool due = (flags & net::Wakeup::kDeadline) != 0;
    if (due && waits_for_client()) goes_on = client_takes_enough();
  }
  progress_.end_wait(connection_.loop().loop.now(), connection_.body_bytes_taken());
  set_deadline(base::MonotonicTime::max());
  if (!goes_on) connection_.count_stall();
}

bool Stream::client_takes_enough() {
  const http::h2::Session& session = connection_.session();
  const exec::StoreUse use = exec::store_use(store());
  const bool enough =
      progress_.is_sufficient(session.blocked_on(id_), connection_.loop().loop.now(),
                              connection_.body_bytes_taken(), session.open_streams(), use);
  if (enough) {
    set_deadline(progress_.deadline(use));
  } else if (use == exec::StoreUse::kNearlyFull) {
    transaction_.count_closed(observe::Closed::kSlow);
  }
  return enough;
}

// The store does not count the end of a response if it is small.
void Stream::on_output() {
  hold(held_head_ + transaction_.end_bytes());
  connection_.check_unsent(*this);
}

net::IoStatus Stream::client() {
  return closed_ ? net::IoStatus::kFailed : net::IoStatus::kWouldBlock;
}

// --- the response, pulled by the session ---

http::h2::StreamUser::Available Stream::body_available(std::size_t most) {
  const std::uint64_t bytes = std::min<std::uint64_t>(most, unpulled());
  return {static_cast<std::size_t>(bytes), last_ && bytes == unpulled()};
}

bool Stream::take_body(std::size_t count, std::string& out) {
  if (file_ < 0) {
    out.append(bytes_.substr(0, count));
    bytes_.remove_prefix(count);
  } else {
    const std::size_t before = out.size();
    bool good = true;
    // g++ 12 may pass a larger size than was requested.
    const std::size_t end = before + count;
    out.resize_and_overwrite(end, [&](char* bytes, std::size_t) {
      std::size_t at = before;
      while (good && at < end) {
        const ssize_t got =
            ::pread(file_, bytes + at, end - at, static_cast<off_t>(file_offset_ + (at - before)));
        if (got < 0 && errno == EINTR) continue;
        good = got > 0;  // false: the file became shorter
        if (good) at += static_cast<std::size_t>(got);
      }
      return at;
    });
    if (!good) return false;
    file_offset_ += count;
    file_unpulled_ -= count;
  }
  progress_.add_taken(count);
  connection_.count_taken(count);
  if (unpulled() == 0 && !wake_queued_) {
    wake_queued_ = true;
    connection_.queue_wake(*this);
  }
  return true;
}

}  // namespace tusk::server::http2
