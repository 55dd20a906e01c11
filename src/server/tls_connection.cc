#include "server/tls_connection.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "http/h1/response_writer.h"
#include "observe/log.h"
#include "server/http1/connection.h"
#include "server/http2/connection.h"

namespace tusk::server {

namespace {

// A handshake that is under way when the server drains: its client has a request to make.
constexpr base::Duration kDrainGrace = std::chrono::seconds(1);

// After a failure the client may still be sending; closing then would reset the connection, and the
// reset would overtake the alert that says why.
constexpr base::Duration kLingerTime = std::chrono::seconds(2);
constexpr std::size_t kLingerBytes = 64 * 1024;

}  // namespace

TlsConnection::TlsConnection(LoopServices& loop, const ListenerServices& listener,
                             std::unique_ptr<tls::Stream> stream, ConnectionFacts facts)
    : loop_(loop), listener_(listener), stream_(std::move(stream)), facts_(std::move(facts)) {
  stream_->bind(wakeup_);
}

base::Detached TlsConnection::serve() {
  deadline_ = loop_.loop.now() + listener_.limits.handshake_timeout;
  const bool done = co_await shake_hands();
  if (done) {
    hand_over();
  } else {
    stream_->close();
  }
  deadline_ = kNever;
  ended_ = true;
  loop_.ended.push_back(this);
}

base::Task<bool> TlsConnection::shake_hands() {
  net::IoStatus status = stream_->arrival();
  for (;;) {
    if (status == net::IoStatus::would_block) {
      const bool came = co_await await_client();
      if (!came) co_return false;
      status = net::IoStatus::ok;
    }
    if (status == net::IoStatus::ok) {
      const bool has_turn = co_await await_turn();
      if (!has_turn) co_return false;
      status = stream_->handshake();
      if (status == net::IoStatus::ok) co_return true;
    }
    if (status == net::IoStatus::would_block) continue;
    fail(stream_->failure(), stream_->failure_text());
    if (status == net::IoStatus::failed) co_await refuse();
    co_return false;
  }
}

// Until it has sent something. False: it must not, any more.
base::Task<bool> TlsConnection::await_client() {
  if (stream_->begun()) loop_.handshakes->await_client(place_, client);
  stream_->notify_for_handshake();
  const std::uint32_t flags = co_await wakeup_.wait(net::Wakeup::kReadable |
                                                    net::Wakeup::kDeadline | net::Wakeup::kCrowded);
  place_.leave();
  if ((flags & net::Wakeup::kCrowded) != 0) {
    turn_away("too many wait for their clients (tls_max_handshakes)");
    co_return false;
  }
  if ((flags & net::Wakeup::kReadable) != 0) co_return true;
  fail(observe::TlsFailure::kTimeout, "took too long");
  co_return false;
}

base::Task<bool> TlsConnection::await_turn() {
  if (stream_->begun()) {
    loop_.handshakes->await_next_turn(place_, client);
  } else if (!is_let_in()) {
    co_return false;
  }
  const std::uint32_t flags = co_await wakeup_.wait(net::Wakeup::kTurn | net::Wakeup::kDeadline);
  place_.leave();
  if ((flags & net::Wakeup::kTurn) != 0) co_return true;
  fail(observe::TlsFailure::kTimeout, "took too long");
  co_return false;
}

// A first step is asked for.
bool TlsConnection::is_let_in() {
  clients::RateLimiter* const limiter = client ? listener_.handshake_limiter : nullptr;
  if (limiter != nullptr && limiter->count(*client, loop_.loop.now()).count() > 0) {
    turn_away("more than rate_limit");
    return false;
  }
  if (loop_.handshakes->await_turn(place_, client)) return true;
  turn_away("half of tls_max_handshakes wait already");
  return false;
}

void TlsConnection::hand_over() {
  facts_.tls.version = stream_->version_name();
  facts_.tls.cipher = stream_->cipher_name();
  facts_.tls.variables = stream_->variables();
  facts_.tls.http2 = stream_->protocol() == "h2";
  if (listener_.counted) {
    loop_.metrics.tls_handshake(stream_->version(), stream_->resumed());
    facts_.tls.open = observe::OpenCount<observe::Metric::kTlsConnectionsOpen>(loop_.metrics);
  }
  if (facts_.tls.http2) {
    successor = std::make_unique<http2::Connection>(loop_, listener_, std::move(stream_),
                                                    std::move(facts_), std::string());
  } else {
    successor = std::make_unique<http1::Connection>(loop_, listener_, std::move(stream_),
                                                    std::move(facts_));
  }
}

void TlsConnection::fail(observe::TlsFailure why, std::string_view reason) {
  if (listener_.counted) loop_.metrics.tls_failure(why);
  observe::debug("TLS handshake failed", {{"client", facts_.peer.address}, {"reason", reason}});
  if (why == observe::TlsFailure::kAbandoned) {
    loop_.handshakes_abandoned.count(loop_.loop.now(), facts_.peer.address);
  }
}

void TlsConnection::turn_away(std::string_view reason) {
  fail(observe::TlsFailure::kRefused, reason);
  loop_.handshakes_refused.count(loop_.loop.now(),
                                 facts_.peer.address + ": " + std::string(reason));
}

base::Task<void> TlsConnection::refuse() {
  if (stream_->failure() == observe::TlsFailure::kPlainHttp) say_that_this_is_tls();
  co_await linger();
}

// A client that speaks HTTP without TLS gets an answer that it can read: 400, as from others.
void TlsConnection::say_that_this_is_tls() {
  http::ResponseHead head;
  head.status = 400;
  head.add("Content-Type", "text/plain; charset=utf-8");
  const std::string_view body = "This port speaks TLS: its addresses begin with https://.\n";
  http::h1::ResponseContext context;
  context.keep_alive = false;
  context.date = loop_.date.text();
  context.server = "tusk";
  std::string out;
  http::h1::append_response_head(out, head, http::Framing::known(body.size()), context);
  out.append(body);
  const std::array<iovec, 1> pieces = {iovec{out.data(), out.size()}};
  stream_->write(pieces, false);  // of a socket that nothing was written to: there is room
}

base::Task<void> TlsConnection::linger() {
  stream_->shutdown_write();
  deadline_ = loop_.loop.now() + kLingerTime;
  wakeup_.lower(net::Wakeup::kDeadline);
  BufferPool::Buffer buffer = loop_.buffers.take();
  for (std::size_t total = 0; total < kLingerBytes;) {
    const net::IoResult got = stream_->read({buffer.get(), BufferPool::kBufferBytes});
    if (got.status == net::IoStatus::ok) {
      total += got.bytes;
      continue;
    }
    if (got.status != net::IoStatus::would_block) break;
    stream_->notify_when_readable();
    const std::uint32_t flags =
        co_await wakeup_.wait(net::Wakeup::kReadable | net::Wakeup::kDeadline);
    if ((flags & net::Wakeup::kReadable) == 0) break;
  }
  loop_.buffers.give_back(std::move(buffer));
}

void TlsConnection::drain() {
  if (!ended_) deadline_ = std::min(deadline_, loop_.loop.now() + kDrainGrace);
}

void TlsConnection::expire() {
  deadline_ = kNever;
  wakeup_.raise(net::Wakeup::kDeadline);
}

}  // namespace tusk::server
