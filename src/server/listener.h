// Server::Listener: a listener of the Server.
//
// A part of server.h that only accepting.cc and server.cc include. Owner and thread: as Server.
#pragma once

#include <utility>

#include "base/unique_fd.h"
#include "net/readiness.h"
#include "net/timer.h"
#include "server/server.h"

namespace tusk::server {

// One listening socket of a Server, with what its connections share.
struct Server::Listener {
  Listener(net::Loop& loop, net::Listener its_socket, ListenerServices its_services,
           ListenerKind its_kind)
      : socket(std::move(its_socket)),
        services(std::move(its_services)),
        kind(its_kind),
        readable(loop, base::UniqueFd(base::duplicate(socket.fd()))),
        pause(loop) {}

  bool internal() const { return kind == ListenerKind::kInternal; }
  bool may_accept() const { return !out_of_descriptors && !held_for_handshakes && readable.open(); }

  net::Listener socket;
  ListenerServices services;
  ListenerKind kind;
  net::Readiness readable;  // clients wait to be accepted
  net::Timer pause;
  bool out_of_descriptors = false;   // accepts again when `pause` ends
  bool held_for_handshakes = false;  // accepts again when fewer handshakes wait
};

// The highest of the low descriptor numbers (base/high_descriptor.h) that a client's connection
// should have: those above it are for files, scripts and the server. A client gets a low number
// only if no high number is free or allowed. The kernel gives the lowest free number, so the number
// tells how many are in use.
int last_client_descriptor();

}  // namespace tusk::server
