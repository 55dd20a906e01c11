#include "admin/admin_router.h"

#include "http/path.h"

namespace tusk::admin {

site::Route& AdminRouter::route(const site::RoutedRequest& request) {
  route_.clear();
  const http::DecodedPath decoded = http::decode_path(request.head.view(request.head.path), path_);
  if (decoded.error != http::PathError::kNone) {
    route_.kind = site::Route::Kind::kError;
    route_.error_status = 400;
    return route_;
  }
  http::ResponseHead& response = route_.response.head;
  Page page;
  if (is_open(path_) || token_.admits(request.head.find("authorization"))) {
    const PageOptions options =
        page_options(request.head.view(request.head.query), request.head.find("accept"));
    page = render(request.head.view(request.head.method), path_, state_(), options);
  } else {
    page = unauthorized();
    response.add("WWW-Authenticate", "Bearer realm=\"tusk\"");
  }
  response.status = page.status;
  response.add("Content-Type", page.content_type);
  response.add("Cache-Control", "no-store");
  // The pages need no script and nothing from elsewhere: what a request has put there cannot run.
  response.add("Content-Security-Policy",
               "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  response.add("X-Content-Type-Options", "nosniff");
  if (!page.allow.empty()) response.add("Allow", page.allow);
  if (page.later) {
    route_.kind = site::Route::Kind::kLater;
    route_.later = {.thread = &slow_pages_, .make = std::move(page.later)};
    return route_;
  }
  route_.body = std::move(page.body);
  route_.response.framing = http::Framing::known(route_.body.size());
  return route_;
}

}  // namespace tusk::admin
