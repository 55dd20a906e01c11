// ProxyPreface: a connection of a load balancer until its PROXY header is there
// (http/proxy_protocol.h), which says whose connection it is. Then the socket goes on as a
// connection of that client.
//
// Reads no byte behind the header: those are the protocol's that comes, TLS perhaps.
//
// Owner: the Server. Thread: its loop.
#pragma once

#include <functional>
#include <string>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "http/proxy_protocol.h"
#include "server/connection.h"

namespace tusk::server {

class ProxyPreface final : public Connection {
 public:
  // Takes the socket on, with the ends that the header told; called once at most.
  using Heir = std::function<void(ProxyPreface&, net::Accepted)>;

  ProxyPreface(LoopServices& loop, const ListenerServices& listener, net::Accepted accepted,
               Heir heir);

  void start() override;
  void drain() override;
  void expire() override;
  bool gone() const override { return ended_ && waits_ == 0; }

 private:
  void wait();
  // False: more has to come first.
  bool read();
  void refuse(std::string_view reason);
  void end();

  LoopServices& loop_;
  const ListenerServices& listener_;
  net::Endpoint peer_;
  Heir heir_;
  boost::asio::posix::stream_descriptor socket_;
  std::string bytes_;  // of the header so far
  int waits_ = 0;
  bool ended_ = false;
};

}  // namespace tusk::server
