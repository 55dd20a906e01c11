// ConnectionLimits: the limits of a connection.
//
// Thread: any; constant once the server runs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "http/body.h"
#include "http/h2/limits.h"

namespace tusk::server {

// Sizes and timeouts of a connection, from the option table.
struct ConnectionLimits {
  std::size_t header_bytes = 32 * 1024;
  std::size_t header_count = 100;
  bool http2 = true;
  std::uint64_t http2_unsent_bytes = 64 * 1024 * 1024;  // all responses of a connection together
  http::h2::SessionLimits session;  // of HTTP/2; its header limits are set from those above
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
  std::uint64_t response_min_rate = 0;                      // likewise
};

}  // namespace tusk::server
