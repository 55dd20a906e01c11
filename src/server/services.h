// LoopServices and ListenerServices: what the connections of a loop and of a listener share.
//
// Owner: the Server. Thread: its loop.
#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "clients/overload_log.h"
#include "server/buffer_pool.h"
#include "server/connection_limits.h"
#include "server/date_cache.h"
#include "server/request_stages.h"

namespace tusk::clients {
class ContentShares;
class RateLimiter;
class TrustedProxies;
}  // namespace tusk::clients
namespace tusk::exec {
class ExchangePool;
class LostClients;
}  // namespace tusk::exec
namespace tusk::files {
class FileCache;
}
namespace tusk::net {
class Loop;
}
namespace tusk::observe::inline scoreboard {
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
namespace tusk::server::development {
struct Development;
}
namespace tusk::server::handshake {
class HandshakeQueue;
}
namespace tusk::server::telemetry {
struct Telemetry;
}

namespace tusk::server {

class Connection;
class Dispatcher;

// The workers and files of one loop, which answer the requests for a site.
struct SiteServices {
  Dispatcher& dispatcher;
  files::FileCache& files;
  answers::FileEncodings& encodings;
  answers::DirectoryListings& listings;
  site::XSendfile& x_sendfile;
  clients::ContentShares& content_shares;
  const exec::LostClients& lost_clients;
  bool page_for_blank_failure = true;  // a script's failure without a body gets an error page
  const development::Development* development = nullptr;  // null: it serves no developer
};

// The internal server needs nothing of its loop: its router makes all of its pages.
struct InternalServices {};

using AnswerServices = std::variant<SiteServices, InternalServices>;

inline std::span<const Stage> stages_for(const AnswerServices& answers) {
  return std::holds_alternative<SiteServices>(answers) ? site_stages() : internal_stages();
}

// Services that the connections of one loop share.
struct LoopServices {
  net::Loop& loop;
  observe::MetricsShard& metrics;
  exec::ExchangePool& exchanges;
  std::vector<Connection*>& ended;       // a connection adds itself when it has ended
  std::vector<Connection*> unflushed{};  // and here to get flush() at the end of the round
  BufferPool buffers{};
  DateCache date{};
  // Each loop starts at another number and counts in the same steps, so that ids are unique.
  std::uint64_t last_request_id = 0;
  std::uint64_t request_id_step = 1;
  // How long a connection without a request stays when the server drains. A request may already be
  // on its way, and closing at once would lose it.
  base::Duration drain_idle_time{};
  // A drain has taken too long: each request without a response gets 503.
  bool drain_timed_out = false;
  handshake::HandshakeQueue* handshakes = nullptr;  // null: no listener uses TLS
  std::uint64_t stream_bytes = 0;                   // of all connections: see http2/stream_memory.h
  clients::OverloadLog queue_full{"answered 503: the queue is full"};
  clients::OverloadLog queue_too_long{"answered 503: would wait too long for a worker"};
  clients::OverloadLog queue_timeout{"answered 503: waited too long for a worker"};
  clients::OverloadLog client_refused{"answered 503: a client has reached lost_workers_per_client"};
  clients::OverloadLog connections_full{"connections refused: max_connections are open"};
  clients::OverloadLog client_full{
      "connections refused: a client has max_connections_per_client open"};
  clients::OverloadLog rate_limited{"answered 429: a client exceeds rate_limit"};
  clients::OverloadLog handshakes_refused{"TLS handshakes refused"};
  clients::OverloadLog handshakes_abandoned{
      "TLS handshakes abandoned: clients leave before the response", 100};
  clients::OverloadLog handshakes_full{"accepting for TLS pauses: tls_max_handshakes are waiting"};
  clients::OverloadLog responses_closed{
      "responses closed: clients read too slowly while the store is nearly full"};
  clients::OverloadLog bodies_lost{"requests refused: cannot store their bodies"};
  clients::OverloadLog streams_refused{
      "HTTP/2 requests refused: those that are open hold much memory"};
  clients::OverloadLog content_refused{
      "answered 503: the unfinished responses to a client hold much of the room for files"};
  clients::OverloadLog bad_proxy_header{"connections closed: bad PROXY header"};
};

// Services that the connections of one listener share.
struct ListenerServices {
  AnswerServices answers;  // tells the site's listeners from those of the internal server
  site::Router& router;
  ConnectionLimits limits;
  const clients::TrustedProxies* proxies = nullptr;  // null: no peer is trusted
  const tls::CertificateStore* tls = nullptr;        // null: no TLS
  const site::HttpsPolicy* https = nullptr;          // null: no policy
  // Peers whose connections begin with a PROXY header; null: none.
  const clients::TrustedProxies* proxy_protocol = nullptr;
  clients::RateLimiter* rate_limiter = nullptr;       // null: no limit
  clients::RateLimiter* handshake_limiter = nullptr;  // likewise, counted separately
  std::span<const Stage> stages = stages_for(answers);
  const telemetry::Telemetry* telemetry = nullptr;  // null: ids are for logs only, all is logged
  bool access_log = false;  // false for the internal server, which is not counted either
  bool counted = true;
};

}  // namespace tusk::server
