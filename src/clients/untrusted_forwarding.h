// Warns when a peer that is not trusted sends X-Forwarded-* or Forwarded, once for each of the
// first few peers: it is probably the operator's own proxy, which tusk was not told about.
//
// Owner: the process. Thread: any.
#pragma once

#include "http/request.h"
#include "net/listener.h"

namespace tusk::clients {

// Call it for the first request of a connection, since a proxy always sends these fields. It costs
// one pass over the names of the request's fields, and nothing after a few peers.
void warn_of_untrusted_forwarding(const http::RequestHead& head, const net::Endpoint& peer);

}  // namespace tusk::clients
