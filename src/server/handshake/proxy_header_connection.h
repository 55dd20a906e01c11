// ProxyHeaderConnection: a connection of a load balancer until its PROXY header is there
// (http/proxy_protocol.h), which says whose connection it is. Then the socket goes on as a
// connection of that client.
//
// Reads no byte behind the header: those are the protocol's that comes, TLS perhaps.
//
// Owner: the Server. Thread: its loop.
#pragma once

#include <functional>
#include <string>

#include "http/proxy_protocol.h"
#include "net/listener.h"
#include "net/readiness.h"
#include "server/connection.h"
#include "server/services.h"

namespace tusk::server::handshake {

class ProxyHeaderConnection final : public Connection {
 public:
  // Takes the socket on, with the ends that the header told; called once at most.
  using Successor = std::function<void(ProxyHeaderConnection&, net::Accepted)>;

  ProxyHeaderConnection(LoopServices& loop, const ListenerServices& listener,
                        net::Accepted accepted, Successor on_header);

  void start() override;
  void drain() override;
  void expire() override;
  bool can_be_freed() const override { return ended_; }

 private:
  void wait();
  // False: more has to come first.
  bool read();
  void refuse(std::string_view reason);
  void end();

  LoopServices& loop_;
  const ListenerServices& listener_;
  net::Endpoint peer_;
  Successor on_header_;
  net::Readiness socket_;
  std::string bytes_;  // of the header so far
  bool ended_ = false;
};

}  // namespace tusk::server::handshake
