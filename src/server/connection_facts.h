// ConnectionFacts: what is known of a connection's two ends and of its TLS.
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

// What is known of a connection's TLS when its handshake is done.
struct TlsFacts {
  std::string_view version;  // static: "TLSv1.3"; empty: the connection is clear text
  std::string_view cipher;   // static
  std::string variables;     // what scripts see (tls/variables.h)
  bool http2 = false;        // what ALPN agreed on
  observe::OpenCount<observe::Metric::kTlsConnectionsOpen> open;

  bool on() const { return !version.empty(); }
};

// What a connection knows of its two ends; its transactions read it.
struct ConnectionFacts {
  net::Endpoint peer;
  net::Endpoint local{};  // asked for when first needed: `descriptor` tells
  int descriptor = -1;
  const clients::TrustedProxies* proxies = nullptr;  // null: the peer is not one of them
  bool stands_for_many = false;                      // the peer, as far as can be known
  bool looked_for_forwarding = false;                // by clients/untrusted_forwarding.h
  TlsFacts tls{};
};

}  // namespace tusk::server
