// The header fields that the script has set, as PHP keeps them.
//
// Thread: a worker, in a request.
#pragma once

#include <string_view>

#include "http/token.h"
#include "php/zend.h"

namespace tusk::php::sapi {

// Calls visit(name, value) for each field, in order. `visit` may end the request by longjmp.
template <class Visit>
void visit_header_lines(const sapi_headers_struct& headers, Visit visit) {
  zend_llist_position position = nullptr;
  auto* const list = const_cast<zend_llist*>(&headers.headers);
  for (void* element = zend_llist_get_first_ex(list, &position); element != nullptr;
       element = zend_llist_get_next_ex(list, &position)) {
    const auto& header = *static_cast<const sapi_header_struct*>(element);
    const std::string_view line(header.header, header.header_len);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    visit(line.substr(0, colon), http::trim_ows(line.substr(colon + 1)));
  }
}

}  // namespace tusk::php::sapi
