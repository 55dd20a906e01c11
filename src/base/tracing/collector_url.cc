#include "base/tracing/collector_url.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace tusk::base::tracing {

namespace {

constexpr std::string_view kScheme = "http://";
constexpr std::string_view kDefaultPort = "4318";
constexpr std::string_view kDefaultPath = "/v1/traces";

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port != 0;
}

bool is_host(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._:").contains(c);
  });
}

}  // namespace

Result<CollectorUrl> parse_collector_url(std::string_view text) {
  const std::string quoted = "'" + std::string(text) + "'";
  if (text.starts_with("https://")) {
    return fail(quoted +
                ": spans are sent without TLS; name a collector on this machine, which "
                "forwards them");
  }
  if (!text.starts_with(kScheme)) {
    return fail(quoted + " is not a URL such as http://127.0.0.1:4318/v1/traces");
  }
  const std::string_view rest = text.substr(kScheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  CollectorUrl url;
  url.authority = authority;
  url.path = slash < rest.size() && rest.substr(slash) != "/" ? rest.substr(slash) : kDefaultPath;
  std::string_view host = authority;
  std::string_view port;
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  const std::size_t colon =
      bracket == std::string_view::npos ? bracket : authority.find(':', bracket);
  if (colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
    if (!is_port(port)) return fail(quoted + " has no valid port");
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const bool visible = std::ranges::all_of(url.path, [](char c) { return c > 0x20 && c < 0x7f; });
  if (!is_host(host)) return fail(quoted + " has no valid host");
  if (!visible) return fail(quoted + " has no valid path");
  url.host = host;
  url.port = port.empty() ? kDefaultPort : port;
  return url;
}

}  // namespace tusk::base::tracing
