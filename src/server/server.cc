#include "server/server.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "base/unique_fd.h"
#include "net/plain_stream.h"
#include "observe/log.h"
#include "server/http1_connection.h"
#include "server/tls_connection.h"

namespace tusk::server {

namespace {

using std::chrono::milliseconds;

// Deadlines are looked at this often: one pass over all connections is cheaper than a timer each.
constexpr milliseconds kTick{100};
// Out of descriptors: connections end meanwhile.
constexpr milliseconds kAcceptPause{200};
constexpr int kAcceptsPerRound = 64;
// Rounds of that before a listener closes: more than any backlog holds, and an end to a flood.
constexpr int kLastAcceptRounds = 1024;

std::unique_ptr<Connection> make_connection(LoopServices& loop, const ListenerServices& listener,
                                            net::Accepted accepted) {
  ConnectionFacts facts{.peer = std::move(accepted.peer), .descriptor = accepted.socket.get()};
  if (listener.proxies != nullptr && listener.proxies->trusts(facts.peer)) {
    facts.proxies = listener.proxies;
  }
  if (listener.tls != nullptr) {
    auto tls = std::make_unique<net::TlsStream>(loop.loop.io(), std::move(accepted.socket),
                                                listener.tls->current());
    return std::make_unique<TlsConnection>(loop, listener, std::move(tls), std::move(facts));
  }
  auto stream = std::make_unique<net::PlainStream>(loop.loop.io(), std::move(accepted.socket));
  return std::make_unique<Http1Connection>(loop, listener, std::move(stream), std::move(facts));
}

}  // namespace

struct Server::Port {
  Port(net::Loop& loop, net::Listener socket, ListenerServices its_services, bool is_internal)
      : listener(std::move(socket)),
        services(std::move(its_services)),
        internal(is_internal),
        descriptor(loop.io(), base::duplicate(listener.fd())),
        pause(loop.io()) {}

  net::Listener listener;
  ListenerServices services;
  bool internal;
  boost::asio::posix::stream_descriptor descriptor;
  boost::asio::steady_timer pause;
  bool exhausted = false;
};

Server::Server(net::Loop& loop, Dispatcher& dispatcher, files::FileCache& files,
               FileEncodings& encodings, observe::MetricsShard& metrics, std::size_t max_connections)
    : loop_(loop),
      dispatcher_(dispatcher),
      services_{.loop = loop,
                .files = &files,
                .encodings = &encodings,
                .dispatcher = &dispatcher,
                .metrics = metrics,
                .ended = ended_},
      internal_services_{.loop = loop,
                         .files = nullptr,
                         .encodings = nullptr,
                         .dispatcher = nullptr,
                         .metrics = metrics,
                         .ended = ended_},
      max_connections_(max_connections),
      wake_(loop.io(), base::duplicate(dispatcher.channel().wake_fd())),
      tick_(loop.io()) {}

Server::~Server() = default;

void Server::add_listener(net::Listener listener, ListenerServices services) {
  add_port(std::move(listener), std::move(services), false);
}

void Server::add_internal_listener(net::Listener listener, Router& router,
                                   ConnectionLimits limits) {
  add_port(std::move(listener),
           ListenerServices{.router = router, .limits = std::move(limits), .counted = false}, true);
}

void Server::add_port(net::Listener listener, ListenerServices services, bool internal) {
  ports_.push_back(
      std::make_unique<Port>(loop_, std::move(listener), std::move(services), internal));
}

void Server::start() {
  for (const auto& port : ports_) await_clients(*port);
  await_wake();
  await_tick();
}

void Server::await_clients(Port& port) {
  port.descriptor.async_wait(boost::asio::posix::descriptor_base::wait_read,
                             [this, &port](const boost::system::error_code& error) {
                               if (error) return;
                               accept_clients(port);
                               if (!port.exhausted && port.descriptor.is_open()) {
                                 await_clients(port);
                               }
                             });
}

// False: nobody waits any more, or nobody can be let in now.
bool Server::accept_clients(Port& port) {
  for (int i = 0; i < kAcceptsPerRound; ++i) {
    net::Accepted accepted = port.listener.accept();
    if (accepted.status == net::AcceptStatus::none_waiting) return false;
    if (accepted.status == net::AcceptStatus::out_of_descriptors) {
      pause_accepting(port);
      return false;
    }
    auto& list = port.internal ? internal_connections_ : connections_;
    if (!port.internal && list.size() >= max_connections_) {
      services_.metrics.add<observe::Metric::kConnectionsRefused>();
      services_.connections_full.count(loop_.now());
      continue;
    }
    LoopServices& services = port.internal ? internal_services_ : services_;
    list.push_back(make_connection(services, port.services, std::move(accepted)));
    Connection& connection = *list.back();
    connection.list = &list;
    connection.place = std::prev(list.end());
    if (port.services.counted) {
      services.metrics.add<observe::Metric::kConnections>();
      services.metrics.adjust<observe::Metric::kConnectionsOpen>(1);
    }
    connection.start();
  }
  return true;
}

void Server::pause_accepting(Port& port) {
  observe::log(observe::Level::kError, "out of file descriptors: accepting pauses",
               {{"connections", connections_.size()}});
  port.exhausted = true;
  port.pause.expires_after(kAcceptPause);
  port.pause.async_wait([this, &port](const boost::system::error_code& error) {
    if (error) return;
    port.exhausted = false;
    await_clients(port);
  });
}

void Server::await_wake() {
  wake_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                   [this](const boost::system::error_code& error) {
                     if (error) return;
                     dispatcher_.channel().clear_wake_fd();
                     await_wake();
                   });
}

void Server::await_tick() {
  tick_.expires_after(kTick);
  tick_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    check_deadlines();
    await_tick();
  });
}

void Server::check_deadlines() {
  const base::MonotonicTime now = loop_.now();
  for (auto* const list : {&connections_, &internal_connections_}) {
    for (const auto& connection : *list) {
      if (connection->deadline() <= now) connection->expire();
    }
  }
}

std::size_t Server::end_round() {
  const std::size_t news = dispatcher_.exchange_news();
  flush();
  const std::size_t begun = sweep();
  stop_if_drained();
  return news + begun;
}

// What many streams of a connection have to send leaves in few writes.
void Server::flush() {
  for (LoopServices* const services : {&services_, &internal_services_}) {
    std::vector<Connection*> connections;
    connections.swap(services->unflushed);
    for (Connection* const connection : connections) connection->flush();
  }
}

// An ended connection stays while a handler of the loop still refers to it.
std::size_t Server::sweep() {
  std::vector<Connection*> successors;
  std::erase_if(ended_, [this, &successors](Connection* connection) {
    if (!connection->gone()) return false;
    if (connection->successor != nullptr) {
      successors.push_back(&replace(*connection));
    } else {
      const bool counted = connection->list == &connections_;
      if (counted) services_.metrics.adjust<observe::Metric::kConnectionsOpen>(-1);
      connection->list->erase(connection->place);
    }
    return true;
  });
  for (Connection* const connection : successors) {
    connection->start();
    if (draining_) connection->drain();
  }
  return successors.size();
}

Connection& Server::replace(Connection& ended) {
  std::unique_ptr<Connection>& place = *ended.place;
  std::unique_ptr<Connection> next = std::move(ended.successor);
  next->list = ended.list;
  next->place = ended.place;
  place = std::move(next);
  return *place;
}

bool Server::prepare_to_sleep() { return dispatcher_.channel().prepare_to_sleep(); }

void Server::awake() { dispatcher_.channel().awake(); }

void Server::drain(base::Duration patience) {
  if (draining_) return;
  draining_ = true;
  drain_until_ = base::now() + patience;
  stop_accepting(false);
  for (const auto& connection : connections_) connection->drain();
}

void Server::stop_accepting(bool internal) {
  for (const auto& port : ports_) {
    if (port->internal != internal) continue;
    // Clients that the kernel has already greeted are served.
    for (int round = 0; round < kLastAcceptRounds && accept_clients(*port); ++round) {
    }
    port->pause.cancel();
    port->descriptor.close();
    port->listener.close();
  }
}

void Server::stop_if_drained() {
  if (!draining_) return;
  const bool late = base::now() >= drain_until_;
  const bool drained = connections_.empty() && dispatcher_.in_flight() == 0;
  if (drained && !internal_closed_) {
    internal_closed_ = true;
    stop_accepting(true);
    for (const auto& connection : internal_connections_) {
      if (!connection->shed()) connection->expire();
    }
  }
  drain_failed_ = late && !drained;
  if (late || (drained && internal_connections_.empty())) loop_.stop();
}

}  // namespace tusk::server
