// Server::Port: one listener of a Server, with what its connections share.
//
// A part of server.h that accepting.cc and server.cc need; nobody else includes it. Owner and
// thread: as Server.
#pragma once

#include <utility>

#include "base/unique_fd.h"
#include "net/readiness.h"
#include "net/timer.h"
#include "server/server.h"

namespace tusk::server {

struct Server::Port {
  Port(net::Loop& loop, net::Listener socket, ListenerServices its_services, bool is_internal)
      : listener(std::move(socket)),
        services(std::move(its_services)),
        internal(is_internal),
        clients_wait(loop, base::UniqueFd(base::duplicate(listener.fd()))),
        pause(loop) {}

  net::Listener listener;
  ListenerServices services;
  bool internal;
  net::Readiness clients_wait;  // to be accepted
  net::Timer pause;
  bool paused = false;  // out of descriptors
  bool held = false;    // too many handshakes wait
};

// The highest of the low numbers (base/high_descriptor.h) that a client's descriptor should have:
// those above are for files, scripts and the server itself. A client has one only when no high
// number is free, or none is allowed, and the kernel gives the lowest that is free, so it tells how
// many are used.
int last_descriptor_for_clients();

}  // namespace tusk::server
