#include "admin/browser_guard.h"

#include <algorithm>
#include <array>

#include "base/ip_address.h"

namespace tusk::admin {

namespace {

// RFC 6761, RFC 6762, RFC 8375, and ICANN's resolution 2024.07.29.06.
constexpr std::array<std::string_view, 5> kReservedDomains = {".localhost", ".local", ".internal",
                                                              ".home.arpa", ".test"};

}  // namespace

bool comes_from_other_site(const http::RequestHead& head) {
  const std::string_view site = head.find("sec-fetch-site");
  if (site.empty() || site == "same-origin" || site == "none") return false;
  return head.find("sec-fetch-mode") != "navigate" || head.find("sec-fetch-dest") != "document";
}

bool is_local_name(std::string_view host, std::string_view machine_name) {
  if (host.find('.') == std::string_view::npos) return true;  // IPv6 addresses too
  if (host == machine_name) return true;
  if (host.front() == '[' || base::parse_ip(host)) return true;
  return std::ranges::any_of(kReservedDomains,
                             [&](std::string_view domain) { return host.ends_with(domain); });
}

}  // namespace tusk::admin
