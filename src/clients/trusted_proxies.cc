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

// The port in a valid authority; 0 if there is none.
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

TrustedProxies::TrustedProxies(std::vector<config::TrustedProxy> proxies,
                               http::ForwardedFields fields)
    : proxies_(std::move(proxies)),
      fields_(fields),
      contains_([this](const base::IpAddress& address) {
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

void TrustedProxies::apply(http::RequestHead& head, http::RequestOrigin& origin) const {
  const http::ForwardedOrigin told = http::read_forwarded(head, contains_, fields_);
  if (told.empty()) return;
  if (!told.scheme.empty()) origin.tls = told.scheme == "https";
  const std::uint16_t usual_port = origin.tls ? kHttpsPort : kHttpPort;
  origin.server_port = told.port;
  if (!told.host.empty()) {
    // A copy, because the text that it points into grows.
    std::string authority(told.host);
    if (told.port != 0 && told.port != usual_port && port_of(authority) == 0) {
      authority.append(":").append(std::to_string(told.port));
    }
    set_host(head, head.append(authority));
  }
  if (origin.server_port == 0 && (!told.host.empty() || !told.scheme.empty())) {
    const std::uint16_t port = port_of(head.view(head.authority));
    origin.server_port = port != 0 ? port : usual_port;
  }
  if (told.client) {
    origin.client_address = head.append(base::to_string(told.client->address));
    origin.client_port = told.client->port;
  }
}

}  // namespace tusk::clients
