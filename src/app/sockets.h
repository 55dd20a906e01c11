// The sockets that the server listens on.
//
// Thread: main.
#pragma once

#include <string>
#include <vector>

#include "app/plan/plan.h"
#include "base/result.h"
#include "net/listener.h"

namespace tusk::app {

using Listeners = std::vector<net::Listener>;

// The listening sockets: those that were handed over (LISTEN_FDS), or the addresses of the plan.
struct Sockets {
  Listeners clients;
  Listeners internal;  // for the internal server
};

// Sockets that were handed over replace `listen`; one with the name "internal" replaces
// `internal_addr`.
base::Result<Sockets> open_sockets(const plan::Plan& plan);

// Duplicates of the sockets, for another loop.
base::Result<Listeners> twins_of(const Listeners& listeners);

std::string urls_of(const Listeners& listeners, bool has_certificate);

}  // namespace tusk::app
