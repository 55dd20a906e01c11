// Warns when X-Forwarded-* or Forwarded is ignored, since the operator may not expect that: from a
// peer that is not trusted, once for each of the first few peers, because it is probably the
// operator's own proxy; and from a trusted proxy, once for each field that trusted_headers lacks.
//
// Owner: the process. Thread: any.
#pragma once

#include "http/forwarded.h"
#include "http/request.h"
#include "net/listener.h"

namespace tusk::clients {

// Call it for the first request of a connection, since a proxy always sends these fields. It costs
// one pass over the names of the request's fields, and nothing after a few peers.
void warn_of_untrusted_forwarding(const http::RequestHead& head, const net::Endpoint& peer);

// The same for a trusted peer and the fields that are read. Call it before they are applied.
void warn_of_ignored_field(const http::RequestHead& head, const http::ForwardedFields& fields,
                           const net::Endpoint& peer);

}  // namespace tusk::clients
