// HttpsPolicy: that clients are to use https: the redirect of those that do not, and the field that
// tells the others to stay (HSTS, RFC 6797).
//
// Owner: the app. Thread: any; it never changes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tusk::site {

struct HttpsPolicy {
  int redirect_status = 0;         // 301 or 308; 0: no redirect
  std::uint16_t https_port = 443;  // where it leads
  std::string hsts;                // value of Strict-Transport-Security; empty: none

  // Where a request for `target` (as sent) at `authority` should have gone. Empty: it names no host
  // that could be told.
  std::string https_location(std::string_view authority, std::string_view target) const;
};

}  // namespace tusk::site
