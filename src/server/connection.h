// Connection: what the server keeps of each client connection, whatever it speaks.
//
// Owner: the Server's list, until gone(). Thread: its loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/client_key.h"
#include "base/clock.h"
#include "clients/overload_log.h"
#include "clients/rate_limiter.h"
#include "clients/trusted_proxies.h"
#include "exec/lost_clients.h"
#include "files/file_cache.h"
#include "http/h2/limits.h"
#include "net/listener.h"
#include "net/loop.h"
#include "observe/metrics.h"
#include "server/buffer_pool.h"
#include "server/date_cache.h"
#include "server/directory_listings.h"
#include "server/dispatcher.h"
#include "server/file_encodings.h"
#include "server/handshake_queue.h"
#include "site/handed_out_files.h"
#include "site/https_policy.h"
#include "site/router.h"
#include "tls/store.h"

namespace tusk::server {

// Limits and times of a connection, from the option table.
struct ConnectionLimits {
  std::size_t header_bytes = 32 * 1024;
  std::size_t header_count = 100;
  bool http2 = true;
  std::uint64_t http2_unsent_bytes = 64 * 1024 * 1024;  // of all responses of a connection
  http::h2::SessionLimits session;                      // of HTTP/2; header limits as above
  std::size_t target_bytes = 8 * 1024;
  std::uint64_t body_bytes = 128 * 1024 * 1024;
  std::uint64_t keepalive_requests = 0;  // 0: any number
  http::BodySpool body_spool;
  base::Duration handshake_timeout = std::chrono::seconds(10);
  base::Duration header_timeout = std::chrono::seconds(10);
  base::Duration body_timeout = std::chrono::seconds(30);  // without progress
  base::Duration idle_timeout = std::chrono::seconds(60);
  base::Duration write_timeout = std::chrono::seconds(60);  // without progress
  std::uint64_t body_min_rate = 0;                          // bytes in a second; 0: any
  std::uint64_t response_min_rate = 0;                      // as that
  base::Duration queue_timeout = std::chrono::seconds(30);
};

class Connection;
using ConnectionList = std::list<std::unique_ptr<Connection>>;

// What the connections of one loop share. `dispatcher` is null where no script can run, and so are
// `files`, `encodings` and `listings`.
struct LoopServices {
  net::Loop& loop;
  files::FileCache* files;
  FileEncodings* encodings;
  DirectoryListings* listings;
  Dispatcher* dispatcher;
  observe::MetricsShard& metrics;
  std::vector<Connection*>& ended;       // a connection adds itself when it is over
  std::vector<Connection*> unflushed{};  // and here when it wants flush() at the end of the round
  BufferPool buffers{};
  DateCache date{};
  // Loops count in steps, each from its own start, so that no two give the same.
  std::uint64_t last_request_id = 0;
  std::uint64_t request_id_step = 1;
  // A drain is out of patience: what has no answer yet gets a 503.
  bool cutting = false;
  HandshakeQueue* handshakes = nullptr;  // null: nobody speaks TLS
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
  site::HandedOutFiles* handed_out = nullptr;        // null: no script runs
  const clients::TrustedProxies* proxies = nullptr;  // null: nobody is trusted
  const tls::CertificateStore* tls = nullptr;        // null: it speaks clear text
  const site::HttpsPolicy* https = nullptr;          // null: there is none
  // Whose connections begin with a PROXY header; null: nobody's.
  const clients::TrustedProxies* proxy_protocol = nullptr;
  clients::RateLimiter* rate_limiter = nullptr;       // null: no limit
  clients::RateLimiter* handshake_limiter = nullptr;  // as that, with counts of its own
  const exec::LostClients* lost_clients = nullptr;    // null: no script runs
  bool access_log = false;  // also counted in the metrics; the admin server is neither
  bool counted = true;
};

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
  bool looked_for_forwarding = false;                // by server/untrusted_forwarding.h
  TlsFacts tls{};
};

class Connection {
 public:
  virtual ~Connection() = default;
  virtual void start() = 0;
  // No further request after the one that is being answered; an idle connection ends soon.
  virtual void drain() = 0;
  // The deadline has passed.
  virtual void expire() = 0;
  // The drain is out of patience (LoopServices::cutting): whoever waits for an answer, or still
  // sends the request, is told so.
  virtual void cut() {}
  // Requests that have begun to come or are being answered, but for those that the dispatcher has.
  virtual std::size_t requests_here() const { return 0; }
  // Ends at once if it rests between two requests, to make room for another. False: it does not.
  virtual bool shed() { return false; }
  // Sends what it has gathered in this round.
  virtual void flush() {}
  // It has ended and nothing refers to it.
  virtual bool gone() const = 0;

  base::MonotonicTime deadline() const { return deadline_; }

  // What takes its place when it is gone, on the same stream: the client speaks another protocol.
  std::unique_ptr<Connection> successor;

  // The Server's: where it keeps the connection.
  ConnectionList* list = nullptr;
  ConnectionList::iterator place;
  // And as whose it counts there, while it does.
  bool admitted = false;
  std::optional<base::ClientKey> client;

 protected:
  static constexpr base::MonotonicTime kNever = base::MonotonicTime::max();
  // How long a connection without a request may stay when the server drains: a request may already
  // be on its way, and closing under it would lose it.
  static constexpr base::Duration kDrainGrace = std::chrono::milliseconds(500);
  base::MonotonicTime deadline_ = kNever;
};

}  // namespace tusk::server
