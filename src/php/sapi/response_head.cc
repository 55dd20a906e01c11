#include "php/sapi/response_head.h"

#include <charconv>
#include <string_view>

#include "http/token.h"

namespace tusk::php::sapi {

namespace {

// Takes status and reason, if there is one, from "404 Gone fishing". False: the text is neither.
bool take_status(std::string_view text, http::ResponseHead& head) {
  int status = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  const auto digits = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || digits != 3) return false;
  text.remove_prefix(digits);
  if (!text.empty() && text.front() != ' ') return false;
  head.status = status;
  head.reason.assign(http::trim_ows(text));
  return true;
}

// Takes the reason from "HTTP/1.1 404 Gone fishing" if the code is still the same, and
// http_response_code() has not changed it since. Returns whether it is.
bool take_reason(const char* status_line, http::ResponseHead& head) {
  if (status_line == nullptr) return false;
  const std::string_view line(status_line);
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return false;
  const int status = head.status;
  const bool read = take_status(line.substr(space + 1), head);
  const bool counts = read && head.status == status;
  if (!counts) head.reason.clear();
  head.status = status;
  return counts;
}

}  // namespace

void build_response_head(const sapi_headers_struct& headers, bool fatal_error,
                         http::ResponseHead& head) noexcept {
  head.clear();
  const int code = headers.http_response_code != 0 ? headers.http_response_code : 200;
  head.status = code;
  const bool line_counts = take_reason(headers.http_status_line, head);
  // As sapi_cgi_send_headers(): a status line takes precedence over `Status:`, unless it says 200,
  // and the first of several fields counts. PHP sets such a line at a fatal error.
  bool settled = (line_counts && code != 200) || (fatal_error && code == 500);
  zend_llist_position position = nullptr;
  auto* const list = const_cast<zend_llist*>(&headers.headers);
  for (void* element = zend_llist_get_first_ex(list, &position); element != nullptr;
       element = zend_llist_get_next_ex(list, &position)) {
    const auto& header = *static_cast<const sapi_header_struct*>(element);
    const std::string_view line(header.header, header.header_len);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = http::trim_ows(line.substr(colon + 1));
    // header('Content-Type: ') means no field; an empty one would be invalid (RFC 9110 §8.3).
    if (value.empty() && http::equals_lower(name, "content-type")) continue;
    if (http::equals_lower(name, "status")) {  // CGI (RFC 3875 §6.3.3)
      if (settled) continue;
      settled = take_status(value, head);
      continue;
    }
    head.add(name, line.substr(colon + 1));
  }
  // A final response needs a final status: after a 1xx a client would wait for another one.
  if (head.status < 200) {
    head.status = 500;
    head.reason.clear();
  }
}

}  // namespace tusk::php::sapi
