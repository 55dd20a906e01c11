#include "site/https_policy.h"

namespace tusk::site {

std::string HttpsPolicy::https_location(std::string_view authority, std::string_view target) const {
  const std::size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  const std::string_view host = has_port ? authority.substr(0, colon) : authority;
  // A target in absolute-form, or "*", has no path to append.
  if (host.empty() || !target.starts_with('/')) return {};
  std::string location = "https://" + std::string(host);
  if (https_port != 443) location.append(":").append(std::to_string(https_port));
  return location.append(target);
}

}  // namespace tusk::site
