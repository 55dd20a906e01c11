#include "server/http1/connection.h"

#include <algorithm>
#include <utility>

#include "http/h2/session.h"
#include "net/loop.h"
#include "observe/log.h"
#include "server/http2/connection.h"

namespace tusk::server::http1 {

namespace {

// How much a client may still send after its last answer.
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
      body_patience_(listener.limits.body_timeout, listener.limits.body_min_rate) {}

Connection::~Connection() = default;

base::Detached Connection::serve() {
  const Greeting greeting = co_await read_greeting();
  if (greeting == Greeting::kHttp2) {
    hand_over_to_http2();
    co_return;
  }
  bool open = greeting == Greeting::kHttp1;
  while (open) {
    reading_ = true;
    const bool got = co_await read_request();
    reading_ = false;
    if (got) {
      broken_off_ = false;
      const bool sent = co_await transaction_.respond();
      // Without a length only the end of the connection tells the client that it has everything.
      // And a client that was too slow must not keep what is in the socket either.
      const bool until_close = written_.coding == http::h1::BodyCoding::kUntilClose;
      if (!sent && (until_close || broken_off_)) given_up_ = true;
      open = sent && written_.keep_alive;
    } else {
      open = false;
      if (refusal_ != 0) co_await transaction_.refuse(refusal_);
    }
  }
  const bool more_came =
      !input().empty() || more_may_wait_ || stream_->peek() == net::IoStatus::kOk;
  if (!given_up_ && (input_left_ || more_came)) co_await linger(kLingerBytes);
  release_input();
  end(given_up_ ? Ending::kAbort : Ending::kClose);
}

// The first bytes decide what is spoken (RFC 9113 §3.3): a client of HTTP/2 with prior knowledge
// begins with a preface that no request of HTTP/1 begins with.
base::Task<Connection::Greeting> Connection::read_greeting() {
  set_timeout(listener_.limits.header_timeout);
  if (draining_) shorten_for_drain();
  std::string_view expected = http::h2::kPreface;
  for (;;) {
    const Fill filled = co_await fill();
    if (filled != Fill::kOk) co_return Greeting::kNone;
    const std::string_view got = input().substr(0, expected.size());
    if (!expected.starts_with(got) || !listener_.limits.http2) break;
    expected.remove_prefix(got.size());
    if (expected.empty()) {
      input_begin_ += got.size();
      co_return Greeting::kHttp2;
    }
  }
  // What looked like the preface until now was no more than a beginning.
  const std::size_t before = http::h2::kPreface.size() - expected.size();
  if (before > 0) {
    transaction_.set_received(loop_.loop.now());
    parser_.parse(http::h2::kPreface.substr(0, before));
  }
  co_return Greeting::kHttp1;
}

// All of the preface is read, and perhaps more.
void Connection::hand_over_to_http2() {
  std::string begun(http::h2::kPreface);
  begun.append(input());
  release_input();
  hand_over(std::make_unique<http2::Connection>(loop_, listener_, std::move(stream_),
                                                std::move(facts_), std::move(begun)));
}

void Connection::cut() {
  if (reading_ || transaction_.awaits_reply()) expire();
}

std::size_t Connection::requests_here() const {
  if (transaction_.begun()) return transaction_.submitted() ? 0 : 1;
  return reading_ && !parser_.idle() ? 1 : 0;
}

// A client that has sent something meanwhile would lose a request.
bool Connection::shed() {
  if (!resting_ || stream_->peek() == net::IoStatus::kOk) return false;
  expire();
  return true;
}

void Connection::drain() {
  if (draining_ || ended()) return;
  draining_ = true;
  const bool waits = !transaction_.begun() && parser_.idle() && deadline_ != kNever;
  if (waits) shorten_for_drain();
}

// True: current_ is a whole request. False: close, after saying refusal_ if it is set.
base::Task<bool> Connection::read_request() {
  const ConnectionLimits& limits = listener_.limits;
  bool started = !input().empty();
  if (started) transaction_.set_received(loop_.loop.now());
  // A new client has the header timeout from the start, an old one may rest first.
  const bool rests = requests_ > 0 && !started;
  resting_ = rests;
  set_timeout(rests ? limits.idle_timeout : limits.header_timeout);
  if (draining_) shorten_for_drain();
  for (;;) {
    if (loop_.cutting && !parser_.idle()) {
      refuse(503, false);
      co_return false;
    }
    const http::h1::RequestParser::Step step = parser_.parse(input());
    input_begin_ += step.consumed;
    switch (step.event) {
      case http::h1::RequestParser::Event::kHead:
        ++requests_;
        if (const int status = transaction_.begin(parser_.head()); status != 0) {
          refuse(status, true);
          co_return false;
        }
        body_patience_.begin(loop_.loop.now());
        set_deadline(body_patience_.until());
        if (transaction_.head().expect_continue && transaction_.head().has_body() &&
            input().empty()) {
          const bool sent = co_await write(http::h1::kContinue, {}, {}, false);
          if (!sent) co_return false;
          body_patience_.count(0, loop_.loop.now());
          set_deadline(body_patience_.until());
        }
        continue;
      case http::h1::RequestParser::Event::kBody:
        if (const int status = transaction_.append_body(step.body); status != 0) {
          refuse(status, status == 413);
          co_return false;
        }
        continue;
      case http::h1::RequestParser::Event::kComplete: {
        deadline_ = kNever;
        const int status = transaction_.finish_body();
        if (status != 0) refuse(status, false);
        co_return status == 0;
      }
      case http::h1::RequestParser::Event::kError:
        refuse(parser_.error_status(), true);
        observe::log(observe::Level::kDebug, "request refused",
                     {{"client", facts_.peer.address}, {"reason", parser_.error_reason()}});
        co_return false;
      case http::h1::RequestParser::Event::kNeedMore:
        break;
    }
    const Fill filled = co_await fill();
    resting_ = false;
    if (filled == Fill::kOk) {
      if (!started) {
        started = true;
        transaction_.set_received(loop_.loop.now());
        set_timeout(limits.header_timeout);
      } else if (transaction_.begun()) {
        body_patience_.count(input_end_, loop_.loop.now());
        set_deadline(body_patience_.until());
      }
      continue;
    }
    // A request that was begun and did not come is answered; silence is not.
    if (filled == Fill::kTimedOut && !parser_.idle()) {
      const int status = loop_.cutting ? 503 : 408;
      refuse(status, status == 408);
    }
    co_return false;
  }
}

// Gets bytes for the parser, which has used up all there were.
base::Task<Connection::Fill> Connection::fill() {
  input_begin_ = input_end_ = 0;
  bool wait_first = !more_may_wait_ || bytes_in_a_row_ >= kFairShareBytes;
  for (;;) {
    if (wait_first) {
      release_input();
      stream_->notify_when_readable();
      const std::uint32_t flags =
          co_await wakeup_.wait(net::Wakeup::kReadable | net::Wakeup::kDeadline);
      bytes_in_a_row_ = 0;
      if ((flags & net::Wakeup::kReadable) == 0) co_return Fill::kTimedOut;
    }
    if (input_ == nullptr) input_ = loop_.buffers.take();
    const net::IoResult got = stream_->read({input_.get(), BufferPool::kBufferBytes});
    if (got.status == net::IoStatus::kWouldBlock) {
      wait_first = true;
      continue;
    }
    if (got.status != net::IoStatus::kOk) co_return Fill::kClosed;
    more_may_wait_ = got.bytes == BufferPool::kBufferBytes;
    input_end_ = got.bytes;
    count_received(got.bytes);
    co_return Fill::kOk;
  }
}

void Connection::release_input() {
  if (input_ != nullptr) loop_.buffers.give_back(std::move(input_));
}

void Connection::refuse(int status, bool parse_error) {
  refusal_ = status;
  input_left_ = true;
  if (parse_error && listener_.counted) loop_.metrics.parse_error(status);
}

}  // namespace tusk::server::http1
