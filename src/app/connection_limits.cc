#include "app/connection_limits.h"

#include <algorithm>

namespace tusk::app {

server::ConnectionLimits connection_limits(const config::Settings& settings,
                                           http::BodyUsage& body_usage) {
  server::ConnectionLimits limits;
  limits.header_bytes = settings.request_header_bytes;
  limits.header_count = settings.request_header_count;
  limits.target_bytes = settings.request_target_bytes;
  limits.body_bytes = settings.request_body_bytes;
  limits.keepalive_requests = settings.keepalive_requests;
  limits.body_spool.memory_bytes = settings.body_memory_bytes;
  limits.body_spool.directory = settings.temp_dir;
  limits.http2 = settings.http2;
  limits.http2_unsent_bytes = settings.response_spool_bytes;
  limits.session.max_streams = static_cast<std::uint32_t>(settings.http2_max_streams);
  limits.session.stream_window_bytes =
      static_cast<std::uint32_t>(settings.http2_stream_window_bytes);
  limits.session.connection_window_bytes =
      static_cast<std::uint32_t>(settings.http2_connection_window_bytes);
  limits.session.max_resets = static_cast<std::uint32_t>(settings.http2_max_resets);
  limits.session.max_control_frames = static_cast<std::uint32_t>(settings.http2_max_control_frames);
  limits.session.max_continuations = static_cast<std::uint32_t>(settings.http2_max_continuations);
  limits.handshake_timeout = settings.tls_handshake_timeout;
  limits.body_spool.usage = &body_usage;
  limits.body_spool.total_memory_bytes = settings.body_memory_total_bytes;
  limits.body_spool.total_disk_bytes = settings.body_disk_total_bytes;
  limits.header_timeout = settings.header_timeout;
  limits.body_timeout = settings.body_timeout;
  limits.idle_timeout = settings.idle_timeout;
  limits.write_timeout = settings.write_timeout;
  limits.body_min_rate = settings.body_min_rate;
  limits.response_min_rate = settings.response_min_rate;
  limits.queue_timeout = settings.queue_timeout;
  return limits;
}

clients::Admission::Limits admission_limits(const config::Settings& settings) {
  return {.connections = settings.max_connections,
          .per_client = settings.max_connections_per_client};
}

server::handshake::HandshakeQueue::Limits handshake_limits(const config::Settings& settings) {
  constexpr std::uint64_t kLeastUnanswered = 64;  // a distant client needs a round trip
  return {.waiting = settings.tls_max_handshakes,
          .unanswered = std::max(settings.tls_max_handshakes / 4, kLeastUnanswered)};
}

std::unique_ptr<clients::RateLimiter> make_rate_limiter(const config::Settings& settings) {
  if (settings.rate_limit == 0) return nullptr;
  clients::RateLimiter::Settings limits;
  limits.requests = settings.rate_limit;
  limits.window = settings.rate_window;
  return std::make_unique<clients::RateLimiter>(limits);
}

}  // namespace tusk::app
