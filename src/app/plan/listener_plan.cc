#include "app/plan/listener_plan.h"

#include <algorithm>
#include <cstdint>

namespace tusk::app::plan {

namespace {

http::h2::SessionLimits session_limits(const config::Settings& settings) {
  http::h2::SessionLimits limits;
  limits.max_streams = static_cast<std::uint32_t>(settings.http2_max_streams);
  limits.stream_window_bytes = static_cast<std::uint32_t>(settings.http2_stream_window_bytes);
  limits.connection_window_bytes =
      static_cast<std::uint32_t>(settings.http2_connection_window_bytes);
  limits.max_resets = static_cast<std::uint32_t>(settings.http2_max_resets);
  limits.max_control_frames = static_cast<std::uint32_t>(settings.http2_max_control_frames);
  limits.max_continuations = static_cast<std::uint32_t>(settings.http2_max_continuations);
  return limits;
}

server::ConnectionLimits connection_limits(const config::Settings& settings) {
  server::ConnectionLimits limits;
  limits.header_bytes = settings.request_header_bytes;
  limits.header_count = settings.request_header_count;
  limits.target_bytes = settings.request_target_bytes;
  limits.body_bytes = settings.request_body_bytes;
  limits.keepalive_requests = settings.keepalive_requests;
  limits.body_spool.memory_bytes = settings.body_memory_bytes;
  limits.body_spool.total_memory_bytes = settings.body_memory_total_bytes;
  limits.body_spool.total_disk_bytes = settings.body_disk_total_bytes;
  limits.body_spool.client_disk_bytes =
      std::max(settings.request_body_bytes,
               settings.body_disk_total_bytes / 100 * settings.body_client_percent);
  limits.body_spool.directory = settings.temp_dir;
  limits.http2 = settings.http2;
  limits.http2_unsent_bytes = settings.response_spool_bytes;
  limits.session = session_limits(settings);
  limits.handshake_timeout = settings.tls_handshake_timeout;
  limits.header_timeout = settings.header_timeout;
  limits.body_timeout = settings.body_timeout;
  limits.idle_timeout = settings.idle_timeout;
  limits.write_timeout = settings.write_timeout;
  limits.body_min_rate = settings.body_min_rate;
  limits.response_min_rate = settings.response_min_rate;
  return limits;
}

http::ForwardedFields forwarded_fields(const std::vector<config::TrustedHeader>& headers) {
  using config::TrustedHeader;
  const auto has = [&](TrustedHeader header) {
    return std::ranges::find(headers, header) != headers.end();
  };
  return {.client = has(TrustedHeader::kForwardedFor),
          .scheme = has(TrustedHeader::kForwardedProto),
          .host = has(TrustedHeader::kForwardedHost),
          .port = has(TrustedHeader::kForwardedPort),
          .rfc7239 = has(TrustedHeader::kForwarded)};
}

std::shared_ptr<const clients::TrustedProxies> proxies(
    const std::vector<config::TrustedProxy>& trusted,
    const std::vector<config::TrustedHeader>& headers) {
  return std::make_shared<const clients::TrustedProxies>(trusted, forwarded_fields(headers));
}

}  // namespace

ListenerPlan common_listener_plan(const config::Settings& settings) {
  ListenerPlan plan;
  plan.socket = net::listen_options(settings.listen_backlog, settings.listen_mode,
                                    settings.listen_owner, settings.listen_group);
  plan.limits = connection_limits(settings);
  plan.trusted_proxies = proxies(settings.trusted_proxies, settings.trusted_headers);
  plan.proxy_protocol = std::make_shared<const clients::TrustedProxies>(settings.proxy_protocol);
  plan.access_log = settings.access_log;
  return plan;
}

std::vector<ListenerPlan> listener_plans(const config::Settings& settings) {
  const ListenerPlan common = common_listener_plan(settings);
  std::vector<ListenerPlan> plans;
  for (const config::ListenAddress& listener : settings.listen) {
    ListenerPlan plan = common;
    plan.address = listener;
    plan.speaks_tls = listener.speaks_tls(settings.has_certificate());
    if (listener.trusted_proxies || listener.trusted_headers) {
      plan.trusted_proxies = proxies(listener.trusted_proxies.value_or(settings.trusted_proxies),
                                     listener.trusted_headers.value_or(settings.trusted_headers));
    }
    if (listener.proxy_protocol) {
      plan.proxy_protocol =
          std::make_shared<const clients::TrustedProxies>(*listener.proxy_protocol);
    }
    plans.push_back(std::move(plan));
  }
  return plans;
}

}  // namespace tusk::app::plan
