#include "config/address.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <arpa/inet.h>
#include <sys/un.h>

#include "config/value.h"

namespace tusk::config {
namespace {

constexpr std::string_view kForms = "host:port, :port, [v6]:port or unix:/path";
constexpr std::string_view kUnixPrefix = "unix:";
constexpr std::string_view kHttpPrefix = "http://";
constexpr std::string_view kHttpsPrefix = "https://";
constexpr std::size_t kMaxUnixPath = sizeof(sockaddr_un{}.sun_path) - 1;
constexpr std::size_t kMaxHost = 253;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return port;
}

bool is_ipv6(std::string_view text) {
  const std::string number(text.substr(0, text.find('%')));  // without the zone, as in fe80::1%eth0
  in6_addr unused{};
  return inet_pton(AF_INET6, number.c_str(), &unused) == 1;
}

// Empty (every interface), an IPv4 address, or a host name.
bool is_host(std::string_view text) {
  if (text.empty()) return true;
  if (text.size() > kMaxHost) return false;
  const bool numeric = std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.'; });
  if (numeric) {
    in_addr unused{};
    return inet_pton(AF_INET, std::string(text).c_str(), &unused) == 1;
  }
  return std::ranges::all_of(text, [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '_';
  });
}

base::Result<Address> parse_unix(std::string_view path) {
  if (path.empty() || path.back() == '/' || path == "@")
    return base::fail("'unix:" + std::string(path) + "' names no socket; write unix:/path");
  if (path.size() > kMaxUnixPath)
    return base::fail("a unix socket's path is at most " + std::to_string(kMaxUnixPath) +
                      " bytes long, " + quoted(path) + " has " + std::to_string(path.size()));
  return Address{.scheme = Address::Scheme::kByPort,
                 .kind = Address::Kind::kUnix,
                 .host = {},
                 .port = 0,
                 .path = std::string(path)};
}

}  // namespace

base::Result<Address> parse_address(std::string_view text) {
  for (const auto& [prefix, scheme] : {std::pair(kHttpPrefix, Address::Scheme::kHttp),
                                       std::pair(kHttpsPrefix, Address::Scheme::kHttps)}) {
    if (!text.starts_with(prefix)) continue;
    text.remove_prefix(prefix.size());
    if (text.starts_with(kUnixPrefix))
      return base::fail("a unix socket has no " + std::string(prefix) +
                        " in front: it speaks clear text");
    if (text.ends_with('/')) text.remove_suffix(1);  // URLs are often copied with it
    base::Result<Address> address = parse_address(text);
    if (address) address->scheme = scheme;
    return address;
  }
  if (text.starts_with(kUnixPrefix)) return parse_unix(text.substr(kUnixPrefix.size()));
  if (text.starts_with('/'))
    return base::fail(quoted(text) +
                      " is not an address; a unix socket is unix:" + std::string(text));
  if (!text.empty() && std::ranges::all_of(text, is_digit))
    return base::fail(quoted(text) + " is not an address; for a port write :" + std::string(text));

  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return base::fail(quoted(text) + " is not an address: " + std::string(kForms));
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
    if (!is_ipv6(host)) return base::fail(quoted(host) + " is not an IPv6 address");
  } else if (text.starts_with('[') && text.ends_with(']')) {
    return base::fail(quoted(text) + " has no port: " + std::string(kForms));
  } else if (host.find(':') != std::string_view::npos) {
    return base::fail(quoted(text) + " is not an address; IPv6 needs brackets: [v6]:port");
  } else if (!is_host(host)) {
    return base::fail(quoted(host) + " is not a host: " + std::string(kForms));
  }
  const auto port = parse_port(text.substr(colon + 1));
  if (!port)
    return base::fail(quoted(text.substr(colon + 1)) + " in " + quoted(text) +
                      " is not a port from 0 to 65535");
  return Address{.scheme = Address::Scheme::kByPort,
                 .kind = Address::Kind::kTcp,
                 .host = std::string(host),
                 .port = *port,
                 .path = {}};
}

std::string to_string(const Address& address) {
  if (address.kind == Address::Kind::kUnix) return std::string(kUnixPrefix) + address.path;
  const bool ipv6 = address.host.find(':') != std::string::npos;
  const std::string host = ipv6 ? "[" + address.host + "]" : address.host;
  std::string_view prefix;
  if (address.scheme == Address::Scheme::kHttp) prefix = kHttpPrefix;
  if (address.scheme == Address::Scheme::kHttps) prefix = kHttpsPrefix;
  return std::string(prefix) + host + ":" + std::to_string(address.port);
}

}  // namespace tusk::config
