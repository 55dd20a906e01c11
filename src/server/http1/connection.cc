#include "server/http1/connection.h"

#include <algorithm>
#include <utility>

#include "http/h2/session.h"
#include "net/loop.h"
#include "observe/log.h"
#include "server/http2/connection.h"

namespace tusk::server::http1 {

namespace {

// Bytes that a client may still send after its last response.
constexpr std::uint64_t kLingerBytes = 4 * 1024 * 1024;

http::h1::ParserLimits parser_limits(const ConnectionLimits& limits) {
  http::h1::ParserLimits parser;
  parser.head_bytes = limits.header_bytes;
  parser.header_count = limits.header_count;
  parser.target_bytes = limits.target_bytes;
  return parser;
}

}  // namespace

Connection::Connection(LoopServices& loop, const ListenerServices& listener,
                       std::unique_ptr<net::ByteStream> stream, ConnectionFacts facts)
    : StreamConnection(loop, listener, std::move(stream), std::move(facts)),
      transaction_(loop, listener, facts_, wakeup_, *this),
      parser_(parser_limits(listener.limits)),
      body_progress_(listener.limits.body_timeout, listener.limits.body_min_rate) {}

Connection::~Connection() = default;

base::Detached Connection::serve() {
  const Preface preface = co_await read_preface();
  if (preface == Preface::kHttp2) {
    hand_over_to_http2();
    co_return;
  }
  bool open = preface == Preface::kHttp1;
  while (open) {
    reading_request_ = true;
    const bool got = co_await read_request();
    reading_request_ = false;
    if (got) {
      response_broken_off_ = false;
      wakeup_.lower(net::Wakeup::kBrokenOff);
      const bool sent = co_await transaction_.respond();
      // Abort if only the end of the connection would tell the client that the response is
      // complete, and drop the socket's buffer for a client that was too slow.
      const bool until_close = written_.coding == http::h1::BodyCoding::kUntilClose;
      if (!sent && (until_close || response_broken_off_)) abort_at_end_ = true;
      open = sent && written_.keep_alive;
    } else {
      open = false;
      if (refusal_status_ != 0) co_await transaction_.refuse(refusal_status_);
    }
  }
  const bool more_came =
      !input().empty() || socket_may_have_more_ || stream_->peek() == net::IoStatus::kOk;
  if (!abort_at_end_ && (client_may_send_ || more_came)) co_await linger(kLingerBytes);
  release_input();
  end(abort_at_end_ ? Ending::kAbort : Ending::kClose);
}

// Decides the protocol by the first bytes (RFC 9113 §3.3): an HTTP/2 client with prior knowledge
// begins with a preface that cannot begin an HTTP/1 request.
base::Task<Connection::Preface> Connection::read_preface() {
  set_timeout(listener_.limits.header_timeout);
  if (draining_) shorten_for_drain();
  std::string_view expected = http::h2::kPreface;
  for (;;) {
    const Fill filled = co_await fill();
    if (filled != Fill::kOk) co_return Preface::kNone;
    const std::string_view got = input().substr(0, expected.size());
    if (!expected.starts_with(got) || !listener_.limits.http2) break;
    expected.remove_prefix(got.size());
    if (expected.empty()) {
      input_begin_ += got.size();
      co_return Preface::kHttp2;
    }
  }
  // The bytes matched only the beginning of the preface, so they belong to the request.
  const std::size_t before = http::h2::kPreface.size() - expected.size();
  if (before > 0) {
    transaction_.set_received(loop_.loop.now());
    parser_.parse(http::h2::kPreface.substr(0, before));
  }
  co_return Preface::kHttp1;
}

// Called when the whole preface has been read, and perhaps more.
void Connection::hand_over_to_http2() {
  std::string begun(http::h2::kPreface);
  begun.append(input());
  release_input();
  hand_over(std::make_unique<http2::Connection>(loop_, listener_, std::move(stream_),
                                                std::move(facts_), std::move(begun)));
}

void Connection::on_drain_timeout() {
  if (!reading_request_ && !transaction_.awaits_reply()) return;
  deadline_ = kNever;
  wakeup_.raise(net::Wakeup::kDrainOver);
}

std::size_t Connection::unsubmitted_requests() const {
  if (transaction_.begun()) return transaction_.submitted() ? 0 : 1;
  return reading_request_ && !parser_.idle() ? 1 : 0;
}

// A connection with unread bytes stays: closing it would lose a request.
bool Connection::close_if_idle() {
  if (!idle_ || stream_->peek() == net::IoStatus::kOk) return false;
  expire();
  return true;
}

void Connection::drain() {
  if (ended()) return;
  draining_ = true;
  const bool waits = !transaction_.begun() && parser_.idle() && deadline_ != kNever;
  if (waits) shorten_for_drain();
}

// True: the transaction has a whole request. False: close the connection, after an error response
// if refusal_status_ is set.
base::Task<bool> Connection::read_request() {
  const ConnectionLimits& limits = listener_.limits;
  bool started = !input().empty();
  if (started) transaction_.set_received(loop_.loop.now());
  // The header timeout starts at once for a new client; a known one may be idle first.
  const bool idle = requests_ > 0 && !started;
  idle_ = idle;
  set_timeout(idle ? limits.idle_timeout : limits.header_timeout);
  if (draining_) shorten_for_drain();
  for (;;) {
    if (loop_.drain_timed_out && !parser_.idle()) {
      refuse(503, Refusal::kOther);
      co_return false;
    }
    const http::h1::RequestParser::Step step = parser_.parse(input());
    input_begin_ += step.consumed;
    switch (step.event) {
      case http::h1::RequestParser::Event::kHead:
        ++requests_;
        if (const int status = transaction_.begin(parser_.head()); status != 0) {
          refuse(status, Refusal::kParseError);
          co_return false;
        }
        body_progress_.begin(loop_.loop.now());
        set_deadline(body_progress_.deadline());
        if (transaction_.head().expect_continue && transaction_.head().has_body() &&
            input().empty()) {
          const bool sent = co_await write(http::h1::kContinue, {}, {}, Next::kLater);
          if (!sent) co_return false;
          body_progress_.add(0, loop_.loop.now());
          set_deadline(body_progress_.deadline());
        }
        continue;
      case http::h1::RequestParser::Event::kBody:
        if (const int status = transaction_.append_body(step.body); status != 0) {
          refuse(status, status == 413 ? Refusal::kParseError : Refusal::kOther);
          co_return false;
        }
        continue;
      case http::h1::RequestParser::Event::kComplete: {
        deadline_ = kNever;
        const int status = transaction_.finish_body();
        if (status != 0) refuse(status, Refusal::kOther);
        co_return status == 0;
      }
      case http::h1::RequestParser::Event::kError:
        refuse(parser_.error_status(), Refusal::kParseError);
        observe::log(observe::Level::kDebug, "request refused",
                     {{"client", facts_.peer.address}, {"reason", parser_.error_reason()}});
        co_return false;
      case http::h1::RequestParser::Event::kNeedMore:
        break;
    }
    const Fill filled = co_await fill();
    idle_ = false;
    if (filled == Fill::kOk) {
      if (!started) {
        started = true;
        transaction_.set_received(loop_.loop.now());
        set_timeout(limits.header_timeout);
      } else if (transaction_.begun()) {
        body_progress_.add(input_end_, loop_.loop.now());
        set_deadline(body_progress_.deadline());
      }
      continue;
    }
    if (filled == Fill::kTimedOut) refuse_incomplete();
    co_return false;
  }
}

// Gets more bytes for the parser, which has consumed the previous ones.
base::Task<Connection::Fill> Connection::fill() {
  input_begin_ = input_end_ = 0;
  bool wait_first = !socket_may_have_more_ || bytes_in_a_row_ >= kFairShareBytes;
  for (;;) {
    if (wait_first) {
      release_input();
      stream_->notify_when_readable();
      const std::uint32_t flags = co_await wakeup_.wait(
          net::Wakeup::kReadable | net::Wakeup::kDeadline | net::Wakeup::kDrainOver);
      bytes_in_a_row_ = 0;
      // A request may have come in the moment in which the time of an idle connection ended.
      if ((flags & net::Wakeup::kReadable) == 0 &&
          !(idle_ && stream_->peek() == net::IoStatus::kOk)) {
        co_return Fill::kTimedOut;
      }
    }
    if (input_ == nullptr) input_ = loop_.buffers.take();
    const net::IoResult got = stream_->read({input_.get(), BufferPool::kBufferBytes});
    if (got.status == net::IoStatus::kWouldBlock) {
      wait_first = true;
      continue;
    }
    if (got.status != net::IoStatus::kOk) co_return Fill::kClosed;
    socket_may_have_more_ = got.bytes == BufferPool::kBufferBytes;
    input_end_ = got.bytes;
    count_received(got.bytes);
    co_return Fill::kOk;
  }
}

void Connection::release_input() {
  if (input_ != nullptr) loop_.buffers.give_back(std::move(input_));
}

// A request that has begun gets a response; a silent client gets none.
void Connection::refuse_incomplete() {
  if (parser_.idle()) return;
  if (loop_.drain_timed_out) {
    refuse(503, Refusal::kOther);
  } else {
    refuse(408, Refusal::kParseError);
  }
}

void Connection::refuse(int status, Refusal kind) {
  refusal_status_ = status;
  client_may_send_ = true;
  if (kind == Refusal::kParseError && listener_.counted) loop_.metrics.parse_error(status);
}

}  // namespace tusk::server::http1
