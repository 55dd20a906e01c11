#include "server/handshake/tls_connection.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "clients/rate_limiter.h"
#include "http/h1/response_writer.h"
#include "net/loop.h"
#include "observe/log.h"
#include "server/http1/connection.h"
#include "server/http2/connection.h"

namespace tusk::server::handshake {

namespace {

// How long a drain waits for a running handshake, whose client has a request to send.
constexpr base::Duration kHandshakeGrace = std::chrono::seconds(1);

// Bytes that a client may still send after a failure, so that it can read the alert.
constexpr std::uint64_t kLingerBytes = 64 * 1024;

}  // namespace

TlsConnection::TlsConnection(LoopServices& loop, const ListenerServices& listener,
                             std::unique_ptr<tls::Stream> stream, ConnectionFacts facts)
    : StreamConnection(loop, listener, std::move(stream), std::move(facts)),
      tls_(static_cast<tls::Stream&>(*stream_)) {}

base::Detached TlsConnection::serve() {
  set_timeout(listener_.limits.handshake_timeout);
  const bool done = co_await do_handshake();
  if (done) {
    hand_over_to_http();
  } else {
    end(Ending::kClose);
  }
}

base::Task<bool> TlsConnection::do_handshake() {
  net::IoStatus status = tls_.arrival();
  for (;;) {
    if (status == net::IoStatus::kWouldBlock) {
      const bool came = co_await await_client();
      if (!came) co_return false;
      status = net::IoStatus::kOk;
    }
    if (status == net::IoStatus::kOk) {
      const bool has_turn = co_await await_turn();
      if (!has_turn) co_return false;
      status = tls_.handshake();
      if (status == net::IoStatus::kOk) co_return true;
    }
    if (status == net::IoStatus::kWouldBlock) continue;
    fail(tls_.failure(), tls_.failure_text());
    if (status == net::IoStatus::kFailed) co_await refuse();
    co_return false;
  }
}

// Waits until the client has sent something. False: the handshake has ended.
base::Task<bool> TlsConnection::await_client() {
  if (tls_.begun()) loop_.handshakes->await_client(place_, client);
  tls_.notify_for_handshake();
  const std::uint32_t flags = co_await wakeup_.wait(net::Wakeup::kReadable |
                                                    net::Wakeup::kDeadline | net::Wakeup::kCrowded);
  place_.leave();
  if ((flags & net::Wakeup::kCrowded) != 0) {
    reject("too many handshakes wait for their clients (tls_max_handshakes)");
    co_return false;
  }
  if ((flags & net::Wakeup::kReadable) != 0) co_return true;
  fail(observe::TlsFailure::kTimeout, "took too long");
  co_return false;
}

base::Task<bool> TlsConnection::await_turn() {
  if (tls_.begun()) {
    loop_.handshakes->await_next_turn(place_, client);
  } else if (!may_begin()) {
    co_return false;
  }
  const std::uint32_t flags = co_await wakeup_.wait(net::Wakeup::kTurn | net::Wakeup::kDeadline);
  place_.leave();
  if ((flags & net::Wakeup::kTurn) != 0) co_return true;
  fail(observe::TlsFailure::kTimeout, "took too long");
  co_return false;
}

// Enqueues the first step of the handshake. False: the client has begun too many.
bool TlsConnection::may_begin() {
  clients::RateLimiter* const limiter = client ? listener_.handshake_limiter : nullptr;
  if (limiter != nullptr && limiter->count(*client, loop_.loop.now()).count() > 0) {
    reject("exceeds rate_limit");
    return false;
  }
  if (loop_.handshakes->await_turn(place_, client)) return true;
  reject("half of tls_max_handshakes are already waiting");
  return false;
}

void TlsConnection::hand_over_to_http() {
  facts_.tls.version = tls_.version_name();
  facts_.tls.cipher = tls_.cipher_name();
  facts_.tls.variables = tls_.variables();
  facts_.tls.http2 = tls_.protocol() == "h2";
  if (listener_.counted) {
    loop_.metrics.tls_handshake(tls_.version(), tls_.resumed());
    facts_.tls.open = observe::OpenCount<observe::Metric::kTlsConnectionsOpen>(loop_.metrics);
  }
  if (facts_.tls.http2) {
    hand_over(std::make_unique<http2::Connection>(loop_, listener_, std::move(stream_),
                                                  std::move(facts_), std::string()));
  } else {
    hand_over(std::make_unique<http1::Connection>(loop_, listener_, std::move(stream_),
                                                  std::move(facts_)));
  }
}

void TlsConnection::fail(observe::TlsFailure why, std::string_view reason) {
  if (listener_.counted) loop_.metrics.tls_failure(why);
  observe::debug("TLS handshake failed", {{"client", facts_.peer.address}, {"reason", reason}});
  if (why == observe::TlsFailure::kAbandoned) {
    loop_.handshakes_abandoned.count(loop_.loop.now(), facts_.peer.address);
  }
}

void TlsConnection::reject(std::string_view reason) {
  fail(observe::TlsFailure::kRefused, reason);
  loop_.handshakes_refused.count(loop_.loop.now(),
                                 facts_.peer.address + ": " + std::string(reason));
}

base::Task<void> TlsConnection::refuse() {
  if (tls_.failure() == observe::TlsFailure::kPlainHttp) answer_plain_http();
  co_await linger(kLingerBytes);
}

// A client that speaks HTTP without TLS gets a response that it can read: 400, as other servers
// send.
void TlsConnection::answer_plain_http() {
  http::ResponseHead head;
  head.status = 400;
  head.add("Content-Type", "text/plain; charset=utf-8");
  const std::string_view body = "This port uses TLS: use an address that begins with https://.\n";
  http::h1::ResponseContext context;
  context.keep_alive = false;
  context.date = loop_.date.text();
  context.server = "tusk";
  std::string out;
  http::h1::append_response_head(out, head, http::Framing::known(body.size()), context);
  out.append(body);
  const std::array<iovec, 1> pieces = {iovec{out.data(), out.size()}};
  // There is room: nothing was written before.
  stream_->write(pieces, net::More::kNone);
}

void TlsConnection::drain() {
  if (!ended()) deadline_ = std::min(deadline_, loop_.loop.now() + kHandshakeGrace);
}

}  // namespace tusk::server::handshake
