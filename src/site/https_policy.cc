#include "site/https_policy.h"

namespace tusk::site {

std::string HttpsPolicy::https_location(std::string_view host, std::string_view target) const {
  // A target in absolute-form, or "*", has no path to append.
  if (host.empty() || !target.starts_with('/')) return {};
  std::string location = "https://" + std::string(host);
  if (https_port != 443) location.append(":").append(std::to_string(https_port));
  return location.append(target);
}

}  // namespace tusk::site
