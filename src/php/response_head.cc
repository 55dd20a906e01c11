#include "php/response_head.h"

#include <string_view>

#include "http/token.h"

namespace tusk::php {

namespace {

// "HTTP/1.1 404 Gone fishing" has the reason "Gone fishing".
std::string_view reason_of(const char* status_line) {
  if (status_line == nullptr) return {};
  std::string_view line(status_line);
  for (int words = 0; words < 2; ++words) {
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return {};
    line.remove_prefix(space + 1);
  }
  return line;
}

}  // namespace

void build_response_head(const sapi_headers_struct& headers, http::ResponseHead& head) noexcept {
  head.clear();
  head.status = headers.http_response_code != 0 ? headers.http_response_code : 200;
  // A final response has a final status: a client would wait for another after a 1xx.
  if (head.status < 200) head.status = 500;
  head.reason.assign(reason_of(headers.http_status_line));
  zend_llist_position position = nullptr;
  auto* const list = const_cast<zend_llist*>(&headers.headers);
  for (void* element = zend_llist_get_first_ex(list, &position); element != nullptr;
       element = zend_llist_get_next_ex(list, &position)) {
    const auto& header = *static_cast<const sapi_header_struct*>(element);
    const std::string_view line(header.header, header.header_len);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, colon);
    if (http::equals_lower(name, "status")) continue;
    head.add(name, line.substr(colon + 1));
  }
}

}  // namespace tusk::php
