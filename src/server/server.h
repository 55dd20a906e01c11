// Server: the connections of a loop.
//
//   server.cc     rounds of the loop, deadlines, drain
//   accepting.cc  admission of new connections, and which ones end to make room
//
// Owner: app::ServingLoop. Thread: its loop, except the constructor and add_listener(),
// which come before the loop runs.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "clients/admission.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/readiness.h"
#include "net/timer.h"
#include "observe/scoreboard/loop_slot.h"
#include "server/connection.h"
#include "server/handshake/handshake_queue.h"
#include "server/services.h"

namespace tusk::server {

// Shared by the servers of all loops.
struct SharedServices {
  clients::Admission& admission;
  handshake::HandshakeQueue::Limits handshakes{};  // of each loop
  // The number of loops that still serve clients.
  std::atomic<int> serving{0};
};

struct DrainTimes {
  base::Duration all;   // for the requests in flight
  base::Duration idle;  // for connections without a request (LoopServices::drain_idle_time)
  // A successor listens on the same addresses: the internal server leaves them to it.
  bool has_successor = false;
};

// Accepts connections on its listeners, keeps them, checks their deadlines, and drains.
class Server final : public net::LoopClient {
 public:
  // The loop's number; the first has the internal server.
  struct Place {
    std::uint64_t index = 0;
    std::uint64_t of = 1;
    observe::LoopSlot* slot = nullptr;  // shows that the loop still takes turns; null: nobody looks
  };

  Server(net::Loop& loop, Dispatcher& dispatcher, observe::MetricsShard& metrics,
         SharedServices& shared, Place place);
  ~Server() override;

  void add_listener(net::Listener listener, ListenerServices services);
  // A listener of the internal server: not counted, not limited, and open until the end of a drain.
  void add_internal_listener(net::Listener listener, site::Router& router, ConnectionLimits limits);
  // Serves a client of the internal server that another process has accepted and let in. Needs an
  // internal listener without a socket.
  void serve_internal(base::UniqueFd client);

  // Begins to accept; a listener that is added later begins at once. Stops the loop when a drain
  // has ended.
  void start();

  // Serves a client that has come in another way than by a listener. The connection is not counted
  // and not limited, as those of the internal server. `services` outlive it. Thread: the loop's.
  void serve_internally(net::Accepted client, const ListenerServices& services);

  // Stops accepting, finishes the requests in flight, closes the internal server when no loop has
  // requests in flight, then stops the loop. After `times.all` each request without a response gets
  // a 503, and the loop stops at most a second later. A second call can only shorten the time for
  // idle connections.
  void drain(DrainTimes times);

  bool draining() const { return draining_; }
  // A drain has timed out.
  bool drain_failed() const { return drain_failed_; }
  // Requests that had no complete response then.
  std::size_t lost() const { return lost_; }
  // Those of the internal server, too.
  bool has_connections() const { return !connections_.empty() || !internal_connections_.empty(); }

  // LoopClient
  std::size_t end_round() override;
  bool prepare_to_sleep() override;
  base::Duration longest_sleep() override;
  void awake() override;

 private:
  enum class ListenerKind : std::uint8_t { kPublic, kInternal };
  struct Listener;

  bool has_internal_listener() const;
  void add_listener(net::Listener socket, ListenerServices services, ListenerKind kind);
  void await_clients(Listener& listener);
  bool accept_clients(Listener& listener);
  void serve_client(Listener& listener, net::Accepted accepted);
  bool admit(const std::optional<base::ClientKey>& client, std::string_view address);
  bool admit_internal();
  void on_proxy_header(Listener& listener, Connection& ended, net::Accepted accepted);
  Connection& add_connection(ListenerKind kind, std::unique_ptr<Connection> connection);
  void release_admission(Connection& connection);
  bool make_room();
  bool descriptors_scarce() const;
  bool is_reserved(int descriptor) const;
  void pause_accepting(Listener& listener);
  bool hold_for_handshakes(Listener& listener);
  void run_handshakes();
  void resume_accepting(Listener& listener);
  void await_wake();
  void await_tick();
  void check_deadlines();
  void flush();
  std::size_t free_ended();  // the number of successors that have started
  static Connection& replace(Connection& ended);
  void stop_accepting(ListenerKind kind);
  void leave_internal_addresses();
  static void close(Listener& listener);
  void stop_if_drained();
  void time_out_drain();

  net::Loop& loop_;
  Dispatcher& dispatcher_;
  SharedServices& shared_;
  LoopServices services_;
  LoopServices internal_services_;        // a drain does not cut off the internal server
  int last_client_descriptor_ = 0;        // higher ones are for files and scripts
  handshake::HandshakeQueue handshakes_;  // outlives the connections
  std::size_t handshakes_reported_ = 0;   // as the metrics say
  bool handshakes_ran_ = false;           // in this round
  std::vector<std::unique_ptr<Listener>> listeners_;
  ConnectionList connections_;
  ConnectionList internal_connections_;
  std::vector<Connection*> ended_;  // freed when nothing refers to them
  net::Readiness wake_;
  net::Timer tick_;
  base::MonotonicTime checked_{};               // when deadlines were last checked
  base::MonotonicTime deadlines_count_from_{};  // after the loop was held up
  observe::LoopSlot* const slot_;               // may be null
  bool out_of_descriptors_ = false;             // logged, and not yet over
  base::MonotonicTime tell_of_descriptors_at_{};
  base::MonotonicTime tell_of_internal_at_{};
  bool started_ = false;
  bool draining_ = false;
  bool drained_ = false;
  bool internal_closed_ = false;
  bool drain_failed_ = false;
  base::MonotonicTime drain_deadline_{};
  base::MonotonicTime stop_deadline_ = base::MonotonicTime::max();  // since drain_failed_
  std::size_t lost_ = 0;
};

}  // namespace tusk::server
