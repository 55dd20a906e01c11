// RequestOrigin: where a request came from.
//
// Owner: the exec::Job. Thread: as the Job.
#pragma once

#include <cstdint>

#include "http/request.h"

namespace tusk::http {

// Says who sent a request, by which scheme it came, and for which host it is. Plain data with
// offsets into the text of the RequestHead that it belongs to.
//
// It is set once, when the head is complete (server/request_stages.cc): from the connection, or
// from the fields of a trusted proxy (clients/trusted_proxies.h). Limits, rules, the access log and
// scripts read it here.
struct RequestOrigin {
  // How many clients have the client's address.
  enum class Sharing : std::uint8_t {
    kOneClient,
    kPerhapsMany,  // an address of this machine or a private network may be an unknown proxy's
    kManyClients,  // the address of a trusted proxy, which has not named its client
  };

  Span client_address;  // without the port; "unix:" for a client of a unix socket
  std::uint16_t client_port = 0;
  Sharing sharing = Sharing::kOneClient;
  bool tls = false;  // as the client sees it: also when a trusted proxy speaks TLS for tusk
  // The name alone: without the port, in lower case, without the root's dot, as nginx's $host.
  // Empty for an HTTP/1.0 request without Host, until a script gets the server's address in its
  // place.
  Span host;
  // The end to which the client has connected. The address is set for scripts only, since it costs
  // a system call. A trusted proxy may set the port earlier.
  Span server_address;
  std::uint16_t server_port = 0;
};

// Sets `host` from the head's authority.
void settle_host(RequestHead& head, RequestOrigin& origin);

}  // namespace tusk::http
