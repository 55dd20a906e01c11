#include "php/sapi/response_head.h"

#include <string_view>

#include "http/token.h"
#include "php/sapi/header_lines.h"
#include "php/sapi/status_line.h"

namespace tusk::php::sapi {

void build_response_head(const sapi_headers_struct& headers, bool fatal_error,
                         http::ResponseHead& head) noexcept {
  head.clear();
  const int code = headers.http_response_code != 0 ? headers.http_response_code : 200;
  head.status = code;
  const bool line_counts = take_reason(headers.http_status_line, head);
  // The rules of sapi_cgi_send_headers(): a status line takes precedence over `Status:`, unless it
  // says 200, and the first of several fields counts. PHP sets such a line at a fatal error.
  bool settled = (line_counts && code != 200) || (fatal_error && code == 500);
  visit_header_lines(headers, [&](std::string_view name, std::string_view value) {
    // header('Content-Type: ') means no field; an empty one would be invalid (RFC 9110 §8.3).
    if (value.empty() && http::equals_lower(name, "content-type")) return;
    if (http::equals_lower(name, "status")) {  // CGI (RFC 3875 §6.3.3)
      if (!settled) settled = take_status(value, head);
      return;
    }
    head.add(name, value);
  });
  // A final response needs a final status: after a 1xx a client would wait for another one.
  if (head.status < 200) {
    head.status = 500;
    head.reason.clear();
  }
}

}  // namespace tusk::php::sapi
