// LoopServices and ListenerServices: what connections share.
//
// Owner: the Server. Thread: its loop.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "clients/overload_log.h"
#include "server/buffer_pool.h"
#include "server/connection_limits.h"
#include "server/date_cache.h"
#include "server/request_stages.h"

namespace tusk::clients {
class RateLimiter;
class TrustedProxies;
}  // namespace tusk::clients
namespace tusk::exec {
class LostClients;
}
namespace tusk::files {
class FileCache;
}
namespace tusk::net {
class Loop;
}
namespace tusk::observe {
class MetricsShard;
}
namespace tusk::site {
class XSendfile;
class Router;
struct HttpsPolicy;
}  // namespace tusk::site
namespace tusk::tls {
class CertificateStore;
}

namespace tusk::server::answers {
class DirectoryListings;
class FileEncodings;
}  // namespace tusk::server::answers
namespace tusk::server::handshake {
class HandshakeQueue;
}

namespace tusk::server {

class Connection;
class Dispatcher;

// What answers the requests of a site on one loop: workers and files. The internal server has it
// too, but its stages (server/request_stages.h) reach nothing of it but the pool of exchanges.
struct SiteServices {
  Dispatcher& dispatcher;
  files::FileCache& files;
  answers::FileEncodings& encodings;
  answers::DirectoryListings& listings;
  site::XSendfile& x_sendfile;
  const exec::LostClients& lost_clients;
};

// What the connections of one loop share.
struct LoopServices {
  net::Loop& loop;
  SiteServices site;
  observe::MetricsShard& metrics;
  std::vector<Connection*>& ended;       // a connection adds itself when it is over
  std::vector<Connection*> unflushed{};  // and here when it wants flush() at the end of the round
  BufferPool buffers{};
  DateCache date{};
  // Loops count in steps, each from its own start, so that no two give the same.
  std::uint64_t last_request_id = 0;
  std::uint64_t request_id_step = 1;
  // A drain is out of patience: what has no answer yet gets a 503.
  bool drain_timed_out = false;
  handshake::HandshakeQueue* handshakes = nullptr;  // null: nobody speaks TLS
  clients::OverloadLog queue_full{"answered 503: the queue is full"};
  clients::OverloadLog queue_timeout{"answered 503: waited too long for a worker"};
  clients::OverloadLog client_refused{
      "answered 503: a client has caused as many lost workers as lost_workers_per_client"};
  clients::OverloadLog connections_full{"connections refused: max_connections are open"};
  clients::OverloadLog client_full{
      "connections refused: max_connections_per_client of one client are open"};
  clients::OverloadLog rate_limited{"answered 429: a client makes more requests than rate_limit"};
  clients::OverloadLog handshakes_refused{"TLS handshakes refused"};
  clients::OverloadLog handshakes_abandoned{
      "TLS handshakes abandoned: clients leave before they are answered", 100};
  clients::OverloadLog handshakes_full{
      "TLS accepting pauses: tls_max_handshakes wait to be computed"};
  clients::OverloadLog responses_closed{
      "responses closed: their clients take too little of what others need"};
  clients::OverloadLog bodies_lost{"requests refused: cannot keep their bodies"};
  clients::OverloadLog bad_proxy_header{"connections closed: bad PROXY header"};
};

// What the connections of one listener share.
struct ListenerServices {
  site::Router& router;
  ConnectionLimits limits;
  const clients::TrustedProxies* proxies = nullptr;  // null: nobody is trusted
  const tls::CertificateStore* tls = nullptr;        // null: it speaks clear text
  const site::HttpsPolicy* https = nullptr;          // null: there is none
  // Whose connections begin with a PROXY header; null: nobody's.
  const clients::TrustedProxies* proxy_protocol = nullptr;
  clients::RateLimiter* rate_limiter = nullptr;       // null: no limit
  clients::RateLimiter* handshake_limiter = nullptr;  // as that, with counts of its own
  // What its requests meet: those of a site, or of the internal server.
  std::span<const Stage> stages = site_stages();
  bool access_log = false;  // also counted in the metrics; the admin server is neither
  bool counted = true;
};

}  // namespace tusk::server
