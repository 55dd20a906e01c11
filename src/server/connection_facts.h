// ConnectionFacts: the addresses of a connection's two ends, and the parameters of its TLS.
//
// Owner: the connection, which hands them to its successor. Thread: its loop.
#pragma once

#include <string>
#include <string_view>

#include "net/listener.h"
#include "observe/metrics.h"

namespace tusk::clients {
class TrustedProxies;
}

namespace tusk::server {

// The parameters of a connection's TLS, set when the handshake is done.
struct TlsFacts {
  std::string_view version;  // static: "TLSv1.3"; empty: no TLS
  std::string_view cipher;   // static
  std::string variables;     // server variables for scripts (tls/variables.h)
  bool http2 = false;        // chosen by ALPN
  observe::OpenCount<observe::Metric::kTlsConnectionsOpen> open;

  bool on() const { return !version.empty(); }
};

// Its transactions read them.
struct ConnectionFacts {
  net::Endpoint peer;
  net::Endpoint local{};  // read from `descriptor` when first needed
  int descriptor = -1;
  const clients::TrustedProxies* proxies = nullptr;  // null: the peer is not a trusted proxy
  bool stands_for_many = false;                      // the peer may be a proxy of many clients
  bool looked_for_forwarding = false;                // clients/untrusted_forwarding.h was called
  TlsFacts tls{};
};

}  // namespace tusk::server
