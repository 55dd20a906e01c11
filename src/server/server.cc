#include "server/server.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "base/unique_fd.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "server/dispatcher.h"
#include "server/listener.h"

namespace tusk::server {

namespace {

using std::chrono::milliseconds;

// Interval between checks of deadlines: one pass over all connections is cheaper than a timer each.
constexpr milliseconds kTick{100};
// A check that comes so late was held up: the process or the machine was stopped. Then clients'
// bytes may have come in time, and there is time to read them before deadlines count again.
constexpr milliseconds kHeldUp{1000};
constexpr milliseconds kTimeToCatchUp{1000};
// After a drain has timed out, clients have this long to read their 503.
constexpr milliseconds kLastAnswersTime{1000};
// Rounds of accepting before a listener closes: enough for any backlog, and a limit to a flood.
constexpr int kLastAcceptRounds = 1024;

}  // namespace

Server::Server(net::Loop& loop, Dispatcher& dispatcher, observe::MetricsShard& metrics,
               SharedServices& shared, Place place)
    : loop_(loop),
      dispatcher_(dispatcher),
      shared_(shared),
      services_{.loop = loop,
                .metrics = metrics,
                .exchanges = dispatcher.exchanges(),
                .ended = ended_,
                .last_request_id = place.index,
                .request_id_step = place.of,
                .handshakes = &handshakes_},
      internal_services_{.loop = loop,
                         .metrics = metrics,
                         .exchanges = dispatcher.exchanges(),
                         .ended = ended_,
                         .last_request_id = place.index,
                         .request_id_step = place.of},
      last_client_descriptor_(last_client_descriptor()),
      handshakes_(shared.handshakes),
      wake_(loop, base::UniqueFd(base::duplicate(dispatcher.channel().wake_fd()))),
      tick_(loop),
      slot_(place.slot) {
  ++shared.serving;
}

Server::~Server() = default;

void Server::add_listener(net::Listener listener, ListenerServices services) {
  add_listener(std::move(listener), std::move(services), ListenerKind::kPublic);
}

void Server::add_internal_listener(net::Listener listener, site::Router& router,
                                   ConnectionLimits limits) {
  add_listener(std::move(listener),
               ListenerServices{.answers = InternalServices{},
                                .router = router,
                                .limits = std::move(limits),
                                .counted = false},
               ListenerKind::kInternal);
}

void Server::add_listener(net::Listener socket, ListenerServices services, ListenerKind kind) {
  listeners_.push_back(
      std::make_unique<Listener>(loop_, std::move(socket), std::move(services), kind));
  if (started_) await_clients(*listeners_.back());
}

bool Server::has_internal_listener() const {
  return std::ranges::any_of(listeners_, [](const auto& listener) { return listener->internal(); });
}

void Server::start() {
  started_ = true;
  for (const auto& listener : listeners_) await_clients(*listener);
  await_wake();
  checked_ = base::now();
  await_tick();
}

void Server::await_wake() {
  wake_.wait([this] {
    dispatcher_.channel().clear_wake_fd();
    await_wake();
  });
}

void Server::await_tick() {
  tick_.after(kTick, [this] {
    check_deadlines();
    await_tick();
  });
}

void Server::check_deadlines() {
  const base::MonotonicTime now = loop_.now();
  if (slot_ != nullptr) slot_->take_turn(now);
  const base::MonotonicTime time = base::now();
  if (time - std::exchange(checked_, time) > kHeldUp) deadlines_count_from_ = time + kTimeToCatchUp;
  if (time < deadlines_count_from_) return;
  for (auto* const list : {&connections_, &internal_connections_}) {
    for (const auto& connection : *list) {
      if (connection->deadline() <= now) connection->expire();
    }
  }
}

std::size_t Server::end_round() {
  const std::size_t news = dispatcher_.end_round();
  flush();
  run_handshakes();
  const std::size_t begun = free_ended();
  stop_if_drained();
  return news + begun;
}

// Writes the output of all streams of a connection together.
void Server::flush() {
  for (LoopServices* const services : {&services_, &internal_services_}) {
    std::vector<Connection*> connections;
    connections.swap(services->unflushed);
    for (Connection* const connection : connections) connection->flush();
  }
}

// Frees ended connections that no handler of the loop refers to, or replaces them by their
// successor.
std::size_t Server::free_ended() {
  std::vector<Connection*> successors;
  std::erase_if(ended_, [this, &successors](Connection* connection) {
    if (!connection->can_be_freed()) return false;
    if (connection->successor != nullptr) {
      successors.push_back(&replace(*connection));
      return true;
    }
    release_admission(*connection);
    const bool counted = connection->list == &connections_;
    if (counted) services_.metrics.adjust<observe::Metric::kActiveConnections>(-1);
    connection->list->erase(connection->place);
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
  next->admitted = ended.admitted;
  next->client = ended.client;
  place = std::move(next);
  return *place;
}

bool Server::prepare_to_sleep() {
  return handshakes_.waiting() == 0 && dispatcher_.prepare_to_sleep();
}

base::Duration Server::longest_sleep() { return dispatcher_.longest_sleep(); }

void Server::awake() {
  handshakes_ran_ = false;
  dispatcher_.channel().awake();
}

void Server::drain(DrainTimes times) {
  if (draining_ && times.idle >= services_.drain_idle_time) return;
  services_.drain_idle_time = times.idle;
  if (!draining_) {
    draining_ = true;
    drain_deadline_ = base::now() + times.all;
    stop_accepting(ListenerKind::kPublic);
    if (times.has_successor) leave_internal_addresses();
  }
  for (const auto& connection : connections_) connection->drain();
}

void Server::stop_accepting(ListenerKind kind) {
  for (const auto& listener : listeners_) {
    if (listener->kind != kind) continue;
    // Clients in the backlog are connected already, so they are served.
    for (int round = 0; round < kLastAcceptRounds && accept_clients(*listener); ++round) {
    }
    close(*listener);
  }
}

// A health check must not meet a process that is about to end while tusk goes on serving. Clients
// in the backlog are the successor's. Those of the control socket still choose the process.
void Server::leave_internal_addresses() {
  for (const auto& listener : listeners_) {
    if (listener->internal() && listener->socket.fd() >= 0) close(*listener);
  }
}

void Server::close(Listener& listener) {
  listener.pause.cancel();
  listener.readable.close();
  listener.socket.close();
}

void Server::time_out_drain() {
  drain_failed_ = true;
  stop_deadline_ = base::now() + kLastAnswersTime;
  lost_ = dispatcher_.in_flight();
  for (const auto& connection : connections_) lost_ += connection->unsubmitted_requests();
  services_.drain_timed_out = true;
  for (const auto& connection : connections_) connection->on_drain_timeout();
}

void Server::stop_if_drained() {
  if (!draining_) return;
  const base::MonotonicTime now = base::now();
  if (!drained_ && connections_.empty() && dispatcher_.in_flight() == 0) {
    drained_ = true;
    --shared_.serving;
  }
  // The internal server reports on all loops, so it outlives them.
  const bool internal_may_close = drained_ && shared_.serving == 0;
  if (internal_may_close && !internal_closed_) {
    internal_closed_ = true;
    stop_accepting(ListenerKind::kInternal);
    for (const auto& connection : internal_connections_) {
      if (!connection->close_if_idle()) connection->expire();
    }
  }
  if (now >= drain_deadline_ && !drained_ && !drain_failed_) time_out_drain();
  const bool over =
      drain_failed_ ? connections_.empty() || now >= stop_deadline_ : now >= drain_deadline_;
  const bool waits_for_others = !internal_closed_ && has_internal_listener();
  if (over || (drained_ && !waits_for_others && internal_connections_.empty())) loop_.stop();
}

}  // namespace tusk::server
