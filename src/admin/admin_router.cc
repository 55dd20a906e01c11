#include "admin/admin_router.h"

#include "http/path.h"
#include "server/error_response.h"

namespace tusk::admin {

server::Route& AdminRouter::route(const http::RequestHead& head, std::int64_t /*now_seconds*/) {
  route_.kind = server::Route::Kind::response;
  route_.response = {};
  const http::DecodedPath decoded = http::decode_path(head.view(head.path), path_);
  if (decoded.error != http::PathError::none) {
    server::make_error_response(400, route_.response.head, route_.body);
  } else {
    Page page = render(head.view(head.method), path_, state_());
    http::ResponseHead& response = route_.response.head;
    response.status = page.status;
    response.add("Content-Type", page.content_type);
    response.add("Cache-Control", "no-store");
    if (!page.allow.empty()) response.add("Allow", page.allow);
    route_.body = std::move(page.body);
  }
  route_.response.framing = http::Framing::known(route_.body.size());
  return route_;
}

}  // namespace tusk::admin
