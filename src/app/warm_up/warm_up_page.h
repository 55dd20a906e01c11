// WarmUpPage: one page of warm_up, as the request for it needs it.
//
// Thread: any; a value.
#pragma once

#include <string>
#include <string_view>

namespace tusk::app::warm_up {

struct WarmUpPage {
  std::string target = "/";  // path and query
  std::string host = "localhost";
  bool https = false;

  // The target without its query, which may be secret.
  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
};

// `page` is a path, or a URL that the configuration's check has found to be right. A path is for
// https if the site has a certificate.
WarmUpPage warm_up_page(std::string_view page, bool has_certificate);

// The request for it, after which the connection is closed.
std::string request_text(const WarmUpPage& page);

// The status that a response begins with; 0: it is none.
int status_of(std::string_view response);

}  // namespace tusk::app::warm_up
