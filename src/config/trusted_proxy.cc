#include "config/trusted_proxy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>
#include <span>

#include "config/value.h"

namespace tusk::config {
namespace {

constexpr std::string_view kUnix = "unix";
constexpr std::string_view kPrivate = "private";
// Symfony's names: its applications read the same variable.
constexpr std::string_view kPrivateAliases[] = {"private_ranges", "PRIVATE_SUBNETS"};
constexpr int kMappingBits = 96;

// RFC 1122 §3.2.1.3, RFC 1918, RFC 3927; RFC 4291 §2.5.3 and §2.5.6, RFC 4193.
constexpr std::string_view kPrivateNetworks[] = {
    "127.0.0.0/8",    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
    "169.254.0.0/16", "::1",        "fc00::/7",      "fe80::/10",
};

std::string network_text(const base::IpNetwork& network) {
  std::string text = base::to_string(network.address);
  const bool v4 = network.address.is_v4();
  if (network.prefix == 128) return text;
  return text + "/" + std::to_string(v4 ? network.prefix - kMappingBits : network.prefix);
}

std::optional<int> parse_prefix(std::string_view text, int most) {
  int prefix = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), prefix);
  if (text.empty() || error != std::errc() || stop != text.data() + text.size())
    return std::nullopt;
  if (prefix < 0 || prefix > most) return std::nullopt;
  return prefix;
}

base::Result<base::IpNetwork> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = base::parse_ip(text.substr(0, slash));
  if (!address) {
    return base::fail(quoted(text) +
                      " is not an address, a network such as 10.0.0.0/8, unix or private");
  }
  base::IpNetwork network{.address = *address, .prefix = 128};
  if (slash == std::string_view::npos) return network;
  const int shift = address->is_v4() ? kMappingBits : 0;
  const auto prefix = parse_prefix(text.substr(slash + 1), 128 - shift);
  if (!prefix) {
    return base::fail(quoted(text) + ": what follows the slash must be a number from 0 to " +
                      std::to_string(128 - shift));
  }
  network.prefix = *prefix + shift;
  const base::IpAddress first = base::first_address(network);
  if (first != *address) {
    network.address = first;
    return base::fail(quoted(text) + " is not where the network begins: " + network_text(network));
  }
  return network;
}

std::span<const base::IpNetwork> private_networks() {
  static const auto networks = [] {
    std::array<base::IpNetwork, std::size(kPrivateNetworks)> parsed;
    std::ranges::transform(kPrivateNetworks, parsed.begin(),
                           [](std::string_view text) { return parse_network(text).value(); });
    return parsed;
  }();
  return networks;
}

}  // namespace

bool TrustedProxy::contains(const base::IpAddress& address) const {
  switch (kind) {
    case Kind::kNetwork:
      return network.contains(address);
    case Kind::kUnix:
      return false;
    case Kind::kPrivate:
      return std::ranges::any_of(private_networks(), [&](const base::IpNetwork& candidate) {
        return candidate.contains(address);
      });
  }
  return false;
}

base::Result<TrustedProxy> parse_trusted_proxy(std::string_view text) {
  if (text == kUnix) return TrustedProxy{.kind = TrustedProxy::Kind::kUnix, .network = {}};
  if (text == kPrivate || std::ranges::find(kPrivateAliases, text) != std::end(kPrivateAliases))
    return TrustedProxy{.kind = TrustedProxy::Kind::kPrivate, .network = {}};
  const auto network = parse_network(text);
  if (!network) return std::unexpected(network.error());
  return TrustedProxy{.kind = TrustedProxy::Kind::kNetwork, .network = *network};
}

std::string to_string(const TrustedProxy& proxy) {
  switch (proxy.kind) {
    case TrustedProxy::Kind::kNetwork:
      return network_text(proxy.network);
    case TrustedProxy::Kind::kUnix:
      return std::string(kUnix);
    case TrustedProxy::Kind::kPrivate:
      return std::string(kPrivate);
  }
  return {};
}

}  // namespace tusk::config
