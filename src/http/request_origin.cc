#include "http/request_origin.h"

#include <algorithm>
#include <string>

#include "http/token.h"

namespace tusk::http {

namespace {

bool is_settled(std::string_view host) {
  return !host.ends_with('.') &&
         std::ranges::none_of(host, [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

void settle_host(RequestHead& head, RequestOrigin& origin) {
  Span host = head.authority;
  const std::string_view authority = head.view(host);
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    host.length = static_cast<std::uint32_t>(colon);
  }
  origin.host = host;
  if (is_settled(head.view(host))) return;
  std::string lower(head.view(host));
  std::ranges::transform(lower, lower.begin(), ascii_lower);
  if (lower.ends_with('.') && lower.size() > 1) lower.pop_back();
  origin.host = head.append(lower);
}

}  // namespace tusk::http
