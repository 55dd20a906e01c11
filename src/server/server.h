// Server: accepts connections on its listeners, keeps them, watches their deadlines, and drains.
//
// Owner: the app, one for each loop. Thread: its loop, but for the constructor and add_listener(),
// which come before the loop runs.
#pragma once

#include <memory>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/listener.h"
#include "net/loop.h"
#include "server/connection.h"

namespace tusk::server {

class Server final : public net::LoopClient {
 public:
  // `max_connections` are held at a time; more are closed at once.
  Server(net::Loop& loop, Dispatcher& dispatcher, files::FileCache& files,
         FileEncodings& encodings, observe::MetricsShard& metrics, std::size_t max_connections);
  ~Server() override;

  void add_listener(net::Listener listener, ListenerServices services);
  // Of the internal server: not counted, not limited, open until the end.
  void add_internal_listener(net::Listener listener, Router& router, ConnectionLimits limits);

  // Begins to accept. Calls stop() of the loop when a drain has ended.
  void start();

  // Stops accepting, lets what is in flight finish, closes the internal server, then stops the
  // loop; at the latest after `patience`. A second call does nothing.
  void drain(base::Duration patience);

  bool accepting() const { return !draining_; }
  bool draining() const { return draining_; }
  // A drain ran out of patience.
  bool drain_failed() const { return drain_failed_; }

  // LoopClient
  std::size_t end_round() override;
  bool prepare_to_sleep() override;
  void awake() override;

 private:
  struct Port;

  void add_port(net::Listener listener, ListenerServices services, bool internal);
  void await_clients(Port& port);
  bool accept_clients(Port& port);
  void pause_accepting(Port& port);
  void await_wake();
  void await_tick();
  void check_deadlines();
  void flush();
  std::size_t sweep();  // how many connections have begun in place of others
  static Connection& replace(Connection& ended);
  void stop_accepting(bool internal);
  void stop_if_drained();

  net::Loop& loop_;
  Dispatcher& dispatcher_;
  LoopServices services_;           // with the dispatcher
  LoopServices internal_services_;  // without
  std::size_t max_connections_;
  std::vector<std::unique_ptr<Port>> ports_;
  ConnectionList connections_;
  ConnectionList internal_connections_;
  std::vector<Connection*> ended_;  // to be freed when nothing refers to them
  boost::asio::posix::stream_descriptor wake_;
  boost::asio::steady_timer tick_;
  bool draining_ = false;
  bool internal_closed_ = false;
  bool drain_failed_ = false;
  base::MonotonicTime drain_until_{};
};

}  // namespace tusk::server
