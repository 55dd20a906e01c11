#include "clients/trusted_proxies.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "base/ip_address.h"
#include "http/token.h"

namespace tusk::clients {

namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

// Of a valid authority; 0 when it has none.
std::uint16_t port_of(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos) {
    return 0;
  }
  std::uint16_t port = 0;
  std::from_chars(authority.data() + colon + 1, authority.data() + authority.size(), port);
  return port;
}

void set_host(http::RequestHead& head, http::Span authority) {
  head.authority = authority;
  for (http::HeaderField& field : head.fields) {
    if (!http::equals_lower(head.view(field.name), "host")) continue;
    field.value = authority;
    return;
  }
  head.fields.push_back({head.append("Host"), authority});
}

}  // namespace

TrustedProxies::TrustedProxies(std::vector<config::TrustedProxy> proxies)
    : proxies_(std::move(proxies)), contains_([this](const base::IpAddress& address) {
        return std::ranges::any_of(
            proxies_, [&](const config::TrustedProxy& proxy) { return proxy.contains(address); });
      }) {}

bool TrustedProxies::trusts(const net::Endpoint& peer) const {
  if (proxies_.empty()) return false;
  if (const auto address = base::parse_ip(peer.address)) return contains_(*address);
  return std::ranges::any_of(proxies_, [](const config::TrustedProxy& proxy) {
    return proxy.kind == config::TrustedProxy::Kind::kUnix;
  });
}

void TrustedProxies::apply(exec::Job& job) const {
  const http::ForwardedOrigin origin = http::read_forwarded(job.head, contains_);
  if (origin.empty()) return;
  if (!origin.scheme.empty()) job.tls = origin.scheme == "https";
  const std::uint16_t usual_port = job.tls ? kHttpsPort : kHttpPort;
  job.server_port = origin.port;
  if (!origin.host.empty()) {
    // Copied: what it points into is about to grow.
    std::string authority(origin.host);
    if (origin.port != 0 && origin.port != usual_port && port_of(authority) == 0) {
      authority.append(":").append(std::to_string(origin.port));
    }
    set_host(job.head, job.store(authority));
  }
  if (job.server_port == 0 && (!origin.host.empty() || !origin.scheme.empty())) {
    const std::uint16_t port = port_of(job.view(job.head.authority));
    job.server_port = port != 0 ? port : usual_port;
  }
  if (origin.client) {
    job.remote_address = job.store(base::to_string(origin.client->address));
    job.remote_port = origin.client->port;
  }
}

}  // namespace tusk::clients
