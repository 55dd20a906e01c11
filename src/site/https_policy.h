// HttpsPolicy: how a site makes clients use https.
//
// Owner: app::plan::SitePlan. Thread: any; it never changes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tusk::site {

// Makes clients use https, by a redirect from http and by Strict-Transport-Security (HSTS, RFC
// 6797).
struct HttpsPolicy {
  int redirect_status = 0;         // 301 or 308; 0: no redirect
  std::uint16_t https_port = 443;  // the redirect's target
  std::string hsts;                // the value of Strict-Transport-Security; empty: not sent

  // The https URL for a request to `target` (as sent) at `host` (http::RequestOrigin::host). Empty
  // if the request names no host.
  std::string https_location(std::string_view host, std::string_view target) const;
};

}  // namespace tusk::site
