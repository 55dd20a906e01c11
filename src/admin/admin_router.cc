#include "admin/admin_router.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "admin/browser_guard.h"
#include "http/path.h"
#include "http/token.h"

namespace tusk::admin {

namespace {

// The pages need no script and nothing from elsewhere: what a request has put there cannot run.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

// Scrapers use any name, and the metrics say nothing of single requests.
constexpr std::string_view kMetricsPath = "/metrics";

std::string machine_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  std::string lower(name.data());
  for (char& letter : lower) letter = http::ascii_lower(letter);
  return lower;
}

}  // namespace

AdminRouter::AdminRouter(std::function<AdminState()> state, base::BackgroundThread& slow_pages,
                         AccessToken token, OctaneOrders octane)
    : state_(std::move(state)),
      slow_pages_(slow_pages),
      token_(std::move(token)),
      octane_(std::move(octane)),
      machine_name_(machine_name()) {}

// Browsers know the token for this host only, so a name that leads here does not help a stranger.
// They cannot connect to unix sockets.
bool AdminRouter::may_be_foreign(const site::RoutedRequest& request) const {
  if (comes_from_other_site(request.head)) return true;
  if (token_.required() || path_ == kMetricsPath) return false;
  if (request.head.view(request.origin.client_address).starts_with("unix:")) return false;
  return !is_local_name(request.head.view(request.origin.host), machine_name_);
}

Page AdminRouter::page_of(const site::RoutedRequest& request, http::ResponseHead& response) const {
  const http::RequestHead& head = request.head;
  if (!is_open(path_)) {
    if (may_be_foreign(request)) return refused_to_browser();
    if (!token_.admits(head.find("authorization"))) {
      response.add("WWW-Authenticate", "Bearer realm=\"tusk\"");
      // For browsers: the token is the password.
      response.add("WWW-Authenticate", "Basic realm=\"tusk\", charset=\"UTF-8\"");
      return unauthorized();
    }
  }
  const AdminState state = state_();
  if (std::optional<Page> page = octane_page(head, path_, state, octane_)) return std::move(*page);
  const PageOptions options = page_options(head.view(head.query), head.find("accept"));
  return render(head.view(head.method), path_, state, options);
}

site::Route& AdminRouter::route(const site::RoutedRequest& request) {
  route_.clear();
  const http::DecodedPath decoded = http::decode_path(request.head.view(request.head.path), path_);
  if (decoded.error != http::PathError::kNone) {
    route_.kind = site::Route::Kind::kError;
    route_.error_status = 400;
    return route_;
  }
  http::ResponseHead& response = route_.response.head;
  Page page = page_of(request, response);
  response.status = page.status;
  response.add("Content-Type", page.content_type);
  response.add("Cache-Control", "no-store");
  response.add("Content-Security-Policy", page.policy.empty() ? kPolicy : page.policy);
  response.add("X-Content-Type-Options", "nosniff");
  response.add("Cross-Origin-Resource-Policy", "same-origin");
  response.add("Referrer-Policy", "no-referrer");
  if (!page.allow.empty()) response.add("Allow", page.allow);
  if (!page.file_name.empty()) {
    response.add("Content-Disposition", "inline; filename=\"" + page.file_name + "\"");
  }
  if (page.retry_after_seconds != 0) {
    response.add("Retry-After", std::to_string(page.retry_after_seconds));
  }
  if (page.later) {
    page.begin = [thread = &slow_pages_, make = std::move(page.later)](Page::Done done) {
      return thread->submit([make, done = std::move(done)]() mutable { done(make()); });
    };
  }
  if (page.begin) {
    route_.kind = site::Route::Kind::kLater;
    route_.later.begin = std::move(page.begin);
    route_.later.status = std::move(page.chosen_status);
    if (page.end_early) route_.later.end_early = std::move(page.end_early);
    return route_;
  }
  route_.body = std::move(page.body);
  route_.response.framing = http::Framing::known(route_.body.size());
  return route_;
}

}  // namespace tusk::admin
