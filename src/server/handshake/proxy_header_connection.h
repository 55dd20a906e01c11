// ProxyHeaderConnection: a connection of a load balancer until its PROXY header has been read
// (http/proxy_protocol.h).
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

// The header names the client, and the socket goes on as a connection of that client. Bytes behind
// the header are not read, since they belong to the next protocol, which may be TLS.
class ProxyHeaderConnection final : public Connection {
 public:
  // Receives the socket, with the addresses in the header. Called at most once.
  using OnHeader = std::function<void(ProxyHeaderConnection&, net::Accepted)>;

  ProxyHeaderConnection(LoopServices& loop, const ListenerServices& listener,
                        net::Accepted accepted, OnHeader on_header);

  void start() override;
  void drain() override;
  void expire() override;
  bool can_be_freed() const override { return ended_; }

 private:
  void wait();
  // False: the header is incomplete.
  bool read();
  void refuse(std::string_view reason);
  void end();

  LoopServices& loop_;
  const ListenerServices& listener_;
  net::Endpoint peer_;
  OnHeader on_header_;
  net::Readiness socket_;
  std::string bytes_;  // of the header
  bool ended_ = false;
};

}  // namespace tusk::server::handshake
