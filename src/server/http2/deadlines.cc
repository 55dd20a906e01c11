// http2::Connection: deadlines. Each stream has one and the connection has three; the server checks
// the earliest of all.

#include <algorithm>

#include "exec/response_store.h"
#include "net/loop.h"
#include "server/http2/connection.h"

namespace tusk::server::http2 {

namespace {

// Time between the GOAWAY that announces the end and the final one. Requests already on their way
// are accepted, so that the client need not send them again (RFC 9113 §6.8).
constexpr base::Duration kEndGrace = std::chrono::milliseconds(500);

}  // namespace

void Connection::drain() {
  if (!ended()) announce_end();
}

void Connection::on_drain_timeout() {
  if (ended()) return;
  for (const auto& stream : streams_) stream->on_drain_timeout();
  wake_streams();
  if (session_.wants_write()) want_flush();
}

std::size_t Connection::unsubmitted_requests() const {
  const auto here = [](const auto& stream) { return stream->is_unsubmitted(); };
  return static_cast<std::size_t>(std::ranges::count_if(streams_, here));
}

void Connection::announce_end() {
  if (end_announced_) return;
  end_announced_ = true;
  session_.announce_end();
  end_deadline_ = loop_.loop.now() + kEndGrace;
  expire_by(end_deadline_);
  want_flush();
}

// Returns the store that holds responses of this connection, or null.
const exec::ResponseStore* Connection::stored_in() const {
  for (const auto& stream : streams_) {
    if (stream->store() != nullptr) return stream->store();
  }
  return nullptr;
}

// Called when everything that is possible now has been done.
void Connection::set_own_deadlines() {
  const base::MonotonicTime now = loop_.loop.now();
  if (!blocked_ || out_.empty()) {
    write_deadline_ = kNever;
  } else if (write_deadline_ == kNever) {
    write_progress_.emplace(facts_.descriptor, listener_.limits.write_timeout,
                            listener_.limits.response_min_rate);
    write_wait_ = write_progress_->next_wait(exec::store_use(stored_in()));
    write_deadline_ = now + write_wait_;
  }
  // Restart the timer for each new header block: many blocks are not one endless block.
  const Activity now_doing = activity();
  if (now_doing != activity_ || session_.requests() != activity_requests_) {
    activity_ = now_doing;
    activity_requests_ = session_.requests();
    request_deadline_ = now_doing == Activity::kBusy   ? kNever
                        : now_doing == Activity::kIdle ? now + listener_.limits.idle_timeout
                                                       : now + listener_.limits.header_timeout;
  }
  next_deadline_ = std::min({write_deadline_, request_deadline_, end_deadline_});
  expire_by(next_deadline_);
}

// An incomplete header block stops all other frames of the connection (RFC 9113 §4.3), so it has a
// time limit even while requests run. PINGs do not make an idle client busy.
Connection::Activity Connection::activity() const {
  if (session_.reading_head()) return Activity::kInHead;
  if (session_.open_streams() > 0) return Activity::kBusy;
  return session_.requests() == 0 ? Activity::kNewClient : Activity::kIdle;
}

bool Connection::close_if_idle() {
  if (ended() || activity() != Activity::kIdle || !streams_.empty()) return false;
  request_deadline_ = next_deadline_ = loop_.loop.now();
  wakeup_.raise(net::Wakeup::kDeadline);
  return true;
}

void Connection::on_own_deadline() {
  const base::MonotonicTime now = loop_.loop.now();
  const exec::StoreUse use = exec::store_use(stored_in());
  if (write_deadline_ <= now && write_progress_->is_sufficient(write_wait_, use)) {
    write_wait_ = write_progress_->next_wait(use);
    write_deadline_ = now + write_wait_;
  } else if (write_deadline_ <= now) {
    count_stall();
    abort_at_end_ = true;
    open_ = false;
  }
  if (end_deadline_ <= now) {
    end_deadline_ = kNever;
    session_.end();
  }
  if (request_deadline_ <= now) {
    request_deadline_ = kNever;
    session_.terminate(http::h2::ErrorCode::kNoError);
  }
}

void Connection::expire() {
  if (lingers()) return StreamConnection::expire();
  const base::MonotonicTime now = loop_.loop.now();
  deadline_ = kNever;
  for (const auto& stream : streams_) {
    if (stream->deadline() <= now) stream->expire();
  }
  wake_streams();
  for (const auto& stream : streams_) expire_by(stream->deadline());
  expire_by(next_deadline_ > now ? next_deadline_ : kNever);
  if (next_deadline_ <= now) wakeup_.raise(net::Wakeup::kDeadline);
  if (session_.wants_write()) want_flush();
}

}  // namespace tusk::server::http2
