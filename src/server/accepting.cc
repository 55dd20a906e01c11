// Server: admission of new connections, and which ones end to make room.

#include <algorithm>
#include <chrono>
#include <iterator>

#include <fcntl.h>
#include <sys/resource.h>

#include "base/high_descriptor.h"
#include "clients/trusted_proxies.h"
#include "config/trusted_proxy.h"
#include "net/plain_stream.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "server/dispatcher.h"
#include "server/handshake/proxy_header_connection.h"
#include "server/handshake/tls_connection.h"
#include "server/http1/connection.h"
#include "server/listener.h"
#include "tls/store.h"

namespace tusk::server {

namespace {

// How long accepting pauses when descriptors run out, so that connections end meanwhile.
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr int kAcceptsPerRound = 64;

// Accepting may pause and resume several times a second.
constexpr std::chrono::seconds kTimeBetweenLines{10};

// End 1 + connections/64 idle connections at once: scanning the list costs more than ending one.
constexpr std::size_t kConnectionsPerRoom = 64;

// Connections of the internal server. Any program of the machine may reach its port, and must not
// take the descriptors of clients.
constexpr std::size_t kMostInternal = 128;

// Descriptors that connections of clients leave to others.
constexpr rlim_t kReservedDescriptors = 64;

bool is_trusted(const clients::TrustedProxies* proxies, const net::Endpoint& peer) {
  return proxies != nullptr && proxies->trusts(peer);
}

// A peer in a private network may be a proxy that is not configured. All its clients have its
// address, so a limit for one client would lock out all of them.
bool may_be_proxy(const net::Endpoint& peer) {
  constexpr config::TrustedProxy kNear{.kind = config::TrustedProxy::Kind::kPrivate, .network = {}};
  const std::optional<base::IpAddress> address = base::parse_ip(peer.address);
  return !address || kNear.contains(*address);
}

std::unique_ptr<Connection> make_connection(LoopServices& loop, const ListenerServices& listener,
                                            net::Accepted accepted) {
  ConnectionFacts facts{.peer = std::move(accepted.peer),
                        .local = std::move(accepted.local),
                        .descriptor = accepted.socket.get()};
  if (is_trusted(listener.proxies, facts.peer)) facts.proxies = listener.proxies;
  facts.stands_for_many = facts.proxies != nullptr || may_be_proxy(facts.peer);
  if (listener.tls != nullptr) {
    auto tls = std::make_unique<tls::Stream>(loop.loop.io(), std::move(accepted.socket),
                                             listener.tls->current());
    return std::make_unique<handshake::TlsConnection>(loop, listener, std::move(tls),
                                                      std::move(facts));
  }
  auto stream = std::make_unique<net::PlainStream>(loop.loop.io(), std::move(accepted.socket));
  return std::make_unique<http1::Connection>(loop, listener, std::move(stream), std::move(facts));
}

}  // namespace

int last_client_descriptor() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return base::kFirstHighDescriptor;
  const rlim_t low = std::min<rlim_t>(limit.rlim_cur, base::kFirstHighDescriptor);
  return static_cast<int>(low - std::min(kReservedDescriptors, low / 4));
}

bool Server::is_reserved(int descriptor) const {
  return descriptor > last_client_descriptor_ && descriptor < base::kFirstHighDescriptor;
}

void Server::await_clients(Listener& listener) {
  listener.readable.wait([this, &listener] {
    accept_clients(listener);
    if (listener.may_accept()) await_clients(listener);
  });
}

// False: no client waits, or no more can be accepted now.
bool Server::accept_clients(Listener& listener) {
  for (int i = 0; i < kAcceptsPerRound; ++i) {
    if (hold_for_handshakes(listener)) return false;
    net::Accepted accepted = listener.socket.accept();
    if (accepted.status == net::AcceptStatus::kNoneWaiting) return false;
    const bool refused = accepted.status == net::AcceptStatus::kOutOfDescriptors;
    const bool scarce = refused || (!listener.internal() && is_reserved(accepted.socket.get()));
    if (!refused) serve_client(listener, std::move(accepted));
    if (!scarce || make_room()) continue;
    pause_accepting(listener);
    return false;
  }
  return true;
}

void Server::serve_client(Listener& listener, net::Accepted accepted) {
  const bool balancer = is_trusted(listener.services.proxy_protocol, accepted.peer);
  const bool exempt =
      listener.internal() || balancer || is_trusted(listener.services.proxies, accepted.peer);
  const auto client = exempt ? std::nullopt : base::client_key(accepted.peer.address);
  if (listener.internal() ? !admit_internal() : !admit(client, accepted.peer.address)) return;
  LoopServices& services = listener.internal() ? internal_services_ : services_;
  std::unique_ptr<Connection> made;
  if (balancer) {
    made = std::make_unique<handshake::ProxyHeaderConnection>(
        services, listener.services, std::move(accepted),
        [this, &listener](handshake::ProxyHeaderConnection& ended, net::Accepted forwarded) {
          on_proxy_header(listener, ended, std::move(forwarded));
        });
  } else {
    made = make_connection(services, listener.services, std::move(accepted));
  }
  Connection& connection = add_connection(listener.kind, std::move(made));
  connection.admitted = !listener.internal();
  connection.client = client;
  if (!listener.internal()) services.metrics.add<observe::Metric::kConnections>();
  connection.start();
}

void Server::serve_internal(base::UniqueFd client) {
  const auto listener = std::ranges::find_if(
      listeners_, [](const auto& each) { return each->internal() && each->socket.fd() < 0; });
  if (listener == listeners_.end() || internal_closed_) return;
  (void)::fcntl(client.get(), F_SETFL, ::fcntl(client.get(), F_GETFL) | O_NONBLOCK);
  const net::Endpoint local = net::local_endpoint(client.get());
  serve_client(**listener,
               {net::AcceptStatus::kAccepted, std::move(client), {.address = "unix:"}, local});
}

void Server::serve_internally(net::Accepted client, const ListenerServices& services) {
  add_connection(ListenerKind::kInternal,
                 make_connection(internal_services_, services, std::move(client)))
      .start();
}

// A load balancer has sent the PROXY header that names the client.
void Server::on_proxy_header(Listener& listener, Connection& ended, net::Accepted accepted) {
  const bool exempt = is_trusted(listener.services.proxies, accepted.peer);
  const auto client = exempt ? std::nullopt : base::client_key(accepted.peer.address);
  if (ended.admitted && !shared_.admission.change(ended.client, client)) {
    services_.client_full.count(loop_.now(), accepted.peer.address);
    services_.metrics.connection_refused(observe::Refusal::kClient);
    return;
  }
  LoopServices& services = listener.internal() ? internal_services_ : services_;
  Connection& connection = add_connection(
      listener.kind, make_connection(services, listener.services, std::move(accepted)));
  connection.admitted = std::exchange(ended.admitted, false);
  connection.client = ended.client;
  connection.start();
  if (draining_) connection.drain();
}

// False: there are too many connections, and no idle one could be ended.
bool Server::admit(const std::optional<base::ClientKey>& client, std::string_view address) {
  clients::Admission::Outcome outcome = shared_.admission.enter(client);
  if (outcome == clients::Admission::Outcome::kFull && make_room()) {
    outcome = shared_.admission.enter(client);
  }
  if (outcome == clients::Admission::Outcome::kAdmitted) return true;
  if (outcome == clients::Admission::Outcome::kFull) {
    services_.metrics.connection_refused(observe::Refusal::kFull);
    services_.connections_full.count(loop_.now());
  } else {
    services_.metrics.connection_refused(observe::Refusal::kClient);
    services_.client_full.count(loop_.now(), address);
  }
  return false;
}

// If there are many, one that waits for its client ends for each new one. False: there are twice as
// many, as those that end may still be sending.
bool Server::admit_internal() {
  if (internal_connections_.size() < kMostInternal) return true;
  const base::MonotonicTime now = base::now();
  if (now >= tell_of_internal_at_) {
    observe::warn("the internal server has many connections: those that wait are closed",
                  {{"connections", internal_connections_.size()}});
    tell_of_internal_at_ = now + kTimeBetweenLines;
  }
  if (internal_connections_.size() >= 2 * kMostInternal) return false;
  for (const auto& connection : internal_connections_) {
    if (connection->close_if_idle()) return true;
  }
  const auto soonest = std::ranges::min_element(
      internal_connections_, {}, [](const auto& connection) { return connection->deadline(); });
  if ((*soonest)->deadline() != base::MonotonicTime::max()) (*soonest)->expire();
  return true;
}

Connection& Server::add_connection(ListenerKind kind, std::unique_ptr<Connection> connection) {
  const bool internal = kind == ListenerKind::kInternal;
  auto& list = internal ? internal_connections_ : connections_;
  list.push_back(std::move(connection));
  list.back()->list = &list;
  list.back()->place = std::prev(list.end());
  if (!internal) services_.metrics.adjust<observe::Metric::kActiveConnections>(1);
  return *list.back();
}

// Admission no longer counts the connection.
void Server::release_admission(Connection& connection) {
  if (!std::exchange(connection.admitted, false)) return;
  shared_.admission.leave(connection.client);
}

// Ends idle connections, the oldest first. Those that have ended in this round make room too.
// False: there is no room.
bool Server::make_room() {
  const std::size_t enough = 1 + connections_.size() / kConnectionsPerRoom;
  std::size_t made = 0;
  for (Connection* const connection : ended_) {
    if (connection->successor != nullptr) continue;  // its successor takes its place
    made += connection->admitted ? 1 : 0;
    release_admission(*connection);
  }
  for (const auto& connection : connections_) {
    if (made >= enough) break;
    if (!connection->close_if_idle()) continue;
    release_admission(*connection);
    services_.metrics.add<observe::Metric::kConnectionsShed>();
    ++made;
  }
  return made > 0;
}

void Server::pause_accepting(Listener& listener) {
  const base::MonotonicTime now = base::now();
  if (!out_of_descriptors_ && now >= tell_of_descriptors_at_) {
    observe::log(observe::Level::kError, "out of file descriptors: accepting pauses",
                 {{"connections", connections_.size()}});
    out_of_descriptors_ = true;
    tell_of_descriptors_at_ = now + kTimeBetweenLines;
  }
  listener.out_of_descriptors = true;
  listener.pause.after(kAcceptPause, [this, &listener] { resume_accepting(listener); });
}

void Server::resume_accepting(Listener& listener) {
  if (descriptors_scarce() && !make_room()) return pause_accepting(listener);
  if (out_of_descriptors_) observe::info("file descriptors are free: accepting resumes");
  out_of_descriptors_ = false;
  listener.out_of_descriptors = false;
  accept_clients(listener);
  if (listener.may_accept()) await_clients(listener);
}

// True: too many handshakes wait, so clients wait in the backlog, where they cost nothing. During a
// drain the backlog is accepted: its clients are connected already.
bool Server::hold_for_handshakes(Listener& listener) {
  if (listener.services.tls == nullptr || draining_ || !handshakes_.full()) return false;
  if (!std::exchange(listener.held_for_handshakes, true)) {
    services_.metrics.add<observe::Metric::kTlsAcceptPauses>();
    services_.handshakes_full.count(loop_.now());
  }
  return true;
}

// Called once a round, after the connected clients were served.
void Server::run_handshakes() {
  if (std::exchange(handshakes_ran_, true)) return;
  handshakes_.take_turn();
  const std::size_t waiting = handshakes_.waiting();
  services_.metrics.adjust<observe::Metric::kTlsHandshakesWaiting>(
      static_cast<std::int64_t>(waiting) - static_cast<std::int64_t>(handshakes_reported_));
  handshakes_reported_ = waiting;
  if (!handshakes_.has_room()) return;
  for (const auto& listener : listeners_) {
    if (!std::exchange(listener->held_for_handshakes, false)) continue;
    if (listener->may_accept()) await_clients(*listener);
  }
}

bool Server::descriptors_scarce() const {
  base::UniqueFd probe(base::duplicate(dispatcher_.channel().wake_fd()));
  if (!probe) return true;
  probe = base::above_low_numbers(std::move(probe));
  return is_reserved(probe.get());
}

}  // namespace tusk::server
