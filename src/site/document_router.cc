#include "site/document_router.h"

#include "files/php_source.h"
#include "http/path.h"
#include "site/error_response.h"

namespace tusk::site {

namespace {

constexpr std::string_view kAllow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

// /.env, /.git/config: requests for these look for files left behind, and are not for the front
// controller. Further down a dot may begin the name of a page: /wiki/.NET
bool begins_hidden(std::string_view path) {
  return http::has_hidden_segment(path.substr(0, path.find('/', 1)));
}

}  // namespace

class DocumentRouter::RuleSteps final : public rules::RuleObserver {
 public:
  explicit RuleSteps(RouteTrace& trace) : trace_(trace) {}
  void on_rule(const config::Rule& rule, const rules::Decision& decision) override {
    trace_.add("rule", rule.where + " fits: " + config::to_toml(rule) +
                           (decision.kind == rules::Decision::Kind::kRewrite
                                ? "  -> " + decision.path +
                                      (decision.query ? "?" + *decision.query : std::string())
                                : std::string()));
  }

 private:
  RouteTrace& trace_;
};

// With virtual hosts, the site will be chosen by the request's host.
Site& DocumentRouter::site_of(const RoutedRequest& /*request*/) { return site_; }

Route& DocumentRouter::route(const RoutedRequest& request) {
  route_.clear();
  Site& site = site_of(request);
  const files::DocumentRoot& root = site.root.get();
  decide(request, site, root);
  // A script may make the page for the error.
  if (route_.kind == Route::Kind::kError) route_.document_root.assign(root.path());
  return route_;
}

void DocumentRouter::decide(const RoutedRequest& request, Site& site,
                            const files::DocumentRoot& root) {
  const http::RequestHead& head = request.head;
  const std::string_view method = head.view(head.method);
  // TRACE would send the request back, credentials included (RFC 9110 §9.3.8).
  if (method == "TRACE") {
    explain("method", [] { return std::string("TRACE is not answered"); });
    fail(405);
    route_.response.head.add("Allow", kAllow);
    return;
  }
  const http::DecodedPath decoded = http::decode_path(head.view(head.path), decoded_);
  if (decoded.error == http::PathError::kNotAbsolute) {  // OPTIONS *: about the whole server
    route_.response.head.status = 204;
    route_.response.head.add("Allow", kAllow);
    return;
  }
  if (decoded.error != http::PathError::kNone) {
    explain("path", [&] { return "refused: " + std::string(http::describe(decoded.error)); });
    fail(http::http_status(decoded.error));
    return;
  }
  Lookup lookup{.request = request,
                .site = site,
                .root = root,
                .path = std::move(decoded_),
                .encoded_slash = decoded.encoded_slash};
  explain("path", [&] { return lookup.path; });
  explain("root", [&] {
    return site.root.follows_link()
               ? site.root.configured_path() + ", which is " + lookup.root.path()
               : lookup.root.path();
  });
  if (!apply_rules(lookup, rules::Phase::kFirst)) route_path(lookup);
  if (lookup.file_error != 0 && route_.kind == Route::Kind::kError && route_.error_status == 404) {
    failures_.note(404, lookup.file_error_path, lookup.file_error);
  }
  decoded_ = std::move(lookup.path);  // keeps the memory for the next request
}

void DocumentRouter::route_path(Lookup& lookup) {
  const bool classic = lookup.site.routes.index_file.empty();
  if (classic ? try_classic(lookup) : try_framework(lookup)) return;
  if (begins_hidden(lookup.path)) {
    explain("hidden", [] { return std::string("its first segment begins with a dot"); });
    return fail(404);
  }
  if (apply_rules(lookup, rules::Phase::kMissing)) return;
  if (lookup.rewritten && (classic ? try_classic(lookup) : try_framework(lookup))) return;
  route_missing(lookup);
}

// Returns true if a rule has answered. A rewrite changes the lookup.
bool DocumentRouter::apply_rules(Lookup& lookup, rules::Phase phase) {
  const rules::RuleSet& rules = lookup.site.routes.rules;
  if (rules.empty()) return false;
  const RoutedRequest& request = lookup.request;
  const http::RequestHead& head = request.head;
  const rules::RuledRequest ruled{
      .method = head.view(head.method),
      .host = head.view(head.authority),
      .scheme = request.origin.tls ? "https" : "http",
      .path = lookup.path,
      .query = route_.query ? std::string_view(*route_.query) : head.view(head.query),
      .has_query = head.has_query || route_.query.has_value()};
  rules::Decision decision;
  if (trace_ != nullptr) {
    RuleSteps steps(*trace_);
    decision = rules.decide(ruled, phase, route_.header_changes, &steps);
  } else {
    decision = rules.decide(ruled, phase, route_.header_changes);
  }
  lookup.rewritten = false;
  switch (decision.kind) {
    case rules::Decision::Kind::kNone:
      return false;
    case rules::Decision::Kind::kRedirect:
      redirect(decision.status, decision.location);
      return true;
    case rules::Decision::Kind::kDeny:
      lookup.file_error = 0;  // the rule is the reason, not the file
      fail(decision.status);
      return true;
    case rules::Decision::Kind::kRewrite:
      lookup.path = std::move(decision.path);
      lookup.rewritten = true;
      if (decision.query) route_.query = std::move(decision.query);
      return false;
  }
  return false;
}

bool DocumentRouter::try_classic(Lookup& lookup) {
  if (try_script(lookup)) return true;
  if (lookup.encoded_slash) return false;
  if (lookup.path.ends_with('/')) return try_directory(lookup);
  return try_file(lookup, lookup.path, OnDirectory::kRedirect);
}

bool DocumentRouter::try_framework(Lookup& lookup) {
  const std::string front = "/" + lookup.site.routes.index_file;
  const std::string_view path = lookup.path;
  const bool names_front =
      path.starts_with(front) && (path.size() == front.size() || path[front.size()] == '/');
  if (names_front && front.ends_with(".php") && !lookup.encoded_slash &&
      try_target(lookup, front)) {
    route_.path_info.assign(path.substr(front.size()));
    return true;
  }
  if (!lookup.site.routes.run_scripts.empty() && try_script(lookup)) return true;
  if (lookup.encoded_slash) return false;
  // A front controller may have an address such as /files/db.inc, so it is asked. A static page is
  // not: its "200 OK" would say that the file exists.
  if (front.ends_with(".php") ? path.ends_with(".php") : files::is_php_source(path)) {
    explain("script", [&] {
      return lookup.path + ": " +
             (front.ends_with(".php") ? "only " + front + " runs" : "no script runs beside a page");
    });
    fail(404);
    return true;
  }
  return !path.ends_with('/') && try_file(lookup, path, OnDirectory::kNotFound);
}

// No file, script or rule was found: the fallback, or in framework mode the front controller.
void DocumentRouter::route_missing(Lookup& lookup) {
  const SiteRoutes& routes = lookup.site.routes;
  const std::string target = routes.index_file.empty() ? routes.fallback : "/" + routes.index_file;
  if (target.empty()) {
    explain("fallback", [] { return std::string("there is none"); });
  } else if (lookup.concealed && !target.ends_with(".php")) {
    // "200 OK" for /backup.sql would say that the file exists.
    explain("fallback", [&] { return target + " is no answer to a path that is not public"; });
  } else if (try_target(lookup, target)) {
    return;
  }
  fail(404);
}

void DocumentRouter::fail(int status) {
  route_.kind = Route::Kind::kError;
  route_.answered_by = observe::AnsweredBy::kNone;
  route_.response = {};
  route_.body.clear();
  route_.error_status = status;
}

void DocumentRouter::redirect(int status, const std::string& location) {
  route_.kind = Route::Kind::kResponse;
  route_.response = {};
  make_redirect(location, route_.response.head, route_.body, status);
  route_.response.framing = http::Framing::known(route_.body.size());
}

}  // namespace tusk::site
