// Says, once for each of the first few peers, that one who is not trusted sends X-Forwarded-* or
// Forwarded: most likely it is the operator's own proxy, which nobody has named to tusk.
//
// Owner: the process. Thread: any.
#pragma once

#include "http/request.h"
#include "net/listener.h"

namespace tusk::clients {

// For the first request of a connection: a proxy sends these fields from the beginning. Without
// them it costs a look at the names of the request's fields, and nothing at all after some peers.
void warn_of_untrusted_forwarding(const http::RequestHead& head, const net::Endpoint& peer);

}  // namespace tusk::clients
