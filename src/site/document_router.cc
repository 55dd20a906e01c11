#include "site/document_router.h"

#include "files/php_source.h"
#include "http/path.h"
#include "site/absence.h"
#include "site/error_response.h"

namespace tusk::site {

namespace {

constexpr std::string_view kAllow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

// Why a request is the pool's.
std::string reason_of(const PoolRoute& pool, std::string_view path) {
  std::string text = pool.name + " (" + pool.where + "): ";
  if (pool.match.empty()) return text + "its script is " + pool.script;
  std::string globs;
  for (const std::string& glob : pool.match) globs.append(globs.empty() ? "" : " ").append(glob);
  return text.append(path).append(" matches ").append(globs);
}

}  // namespace

class DocumentRouter::RuleSteps final : public rules::RuleObserver {
 public:
  explicit RuleSteps(RouteTrace& trace) : trace_(trace) {}
  void on_rule(const config::Rule& rule, const rules::Decision& decision) override {
    trace_.add("rule", rule.where + " matches: " + config::to_toml(rule) +
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

std::span<const DocumentRouter::Stage> DocumentRouter::stages() {
  static constexpr Stage kStages[] = {
      {.name = "method",
       .what = "refuses TRACE: 405",
       .why_here = "its answer would repeat the request, credentials included",
       .run = &DocumentRouter::refuse_trace},
      {.name = "path",
       .what = "decodes and normalises the path, once",
       .why_here = "rules and lookups must see the one name that a file has; a path that is "
                   "refused here reaches neither",
       .run = &DocumentRouter::decode_path},
      {.name = "rules",
       .what = "redirects, denials, rewrites and header fields of rules, in the file's order",
       .why_here = "before any look at the file system: a denied path is denied whether or not it "
                   "is there, and a redirect costs nothing",
       .run = &DocumentRouter::apply_first_rules},
      {.name = "lookup",
       .what = "finds a script, a file or a directory's index",
       .why_here = "`denied_files`, `static_only` and `run_scripts` are checked by the lookup, "
                   "after rewrites: no rule can publish a name by giving it another",
       .run = &DocumentRouter::look_up},
      {.name = "hidden",
       .what = "refuses a path whose first segment begins with a dot: 404",
       .why_here = "a client that asks for `/.env` looks for leftovers, and the front controller "
                   "is not asked",
       .run = &DocumentRouter::refuse_hidden},
      {.name = "missing",
       .what = "rules for missing files, and the lookup of what they rewrite to",
       .why_here = "files go before the application's own addresses, as in every web server",
       .run = &DocumentRouter::apply_missing_rules},
      {.name = "resident",
       .what = "the resident script of a pool that has a `match` for the path",
       .why_here = "files and rules go first; the fallback and 404 are for paths that nobody has",
       .run = &DocumentRouter::ask_resident},
      {.name = "fallback",
       .what = "the fallback or the front controller, else 404",
       .why_here = "nothing else has answered",
       .run = &DocumentRouter::fall_back},
      {.name = "pool",
       .what = "chooses the pool whose workers run the script",
       .why_here = "depends on the script; a request that no script answers needs no worker",
       .run = &DocumentRouter::choose_pool,
       .for_scripts = true},
  };
  return kStages;
}

Route& DocumentRouter::route(const RoutedRequest& request) {
  route_.clear();
  Site& site = site_of(request);
  Lookup lookup{
      .request = request, .site = site, .root = site.root.get(), .path = std::move(decoded_)};
  bool decided = false;
  for (const Stage& stage : stages()) {
    const bool due = stage.for_scripts ? route_.kind == Route::Kind::kScript : !decided;
    if (due) decided = (this->*stage.run)(lookup) || decided;
  }
  if (route_.kind == Route::Kind::kError) {
    if (route_.error_status == 404 && lookup.file_error != 0) {
      failures_.note(404, lookup.file_error_path, lookup.file_error);
    }
    // For a script that makes the error's page.
    route_.document_root.assign(lookup.root.path());
  }
  decoded_ = std::move(lookup.path);  // its memory is for the next request
  return route_;
}

// TRACE would send the request back, credentials included (RFC 9110 §9.3.8).
bool DocumentRouter::refuse_trace(Lookup& lookup) {
  const http::RequestHead& head = lookup.request.head;
  if (head.view(head.method) != "TRACE") return false;
  explain("method", [] { return std::string("TRACE is not supported"); });
  fail(405);
  route_.response.head.add("Allow", kAllow);
  return true;
}

bool DocumentRouter::decode_path(Lookup& lookup) {
  const http::RequestHead& head = lookup.request.head;
  const http::DecodedPath decoded = http::decode_path(head.view(head.path), lookup.path);
  if (decoded.error == http::PathError::kNotAbsolute) {  // OPTIONS *: about the whole server
    route_.response.head.status = 204;
    route_.response.head.add("Allow", kAllow);
    return true;
  }
  if (decoded.error != http::PathError::kNone) {
    explain("path", [&] { return "refused: " + std::string(http::describe(decoded.error)); });
    fail(http::http_status(decoded.error));
    return true;
  }
  lookup.encoded_slash = decoded.encoded_slash;
  explain("path", [&] { return lookup.path; });
  explain("root", [&] {
    const files::CurrentRoot& root = lookup.site.root;
    return root.follows_link() ? root.configured_path() + ", which is " + lookup.root.path()
                               : lookup.root.path();
  });
  return false;
}

bool DocumentRouter::apply_first_rules(Lookup& lookup) {
  return apply_rules(lookup, rules::Phase::kFirst);
}

bool DocumentRouter::look_up(Lookup& lookup) {
  const bool classic = lookup.site.routes->index_file.empty();
  return classic ? try_classic(lookup) : try_framework(lookup);
}

// Further down a dot may begin a page's name: /wiki/.NET
bool DocumentRouter::refuse_hidden(Lookup& lookup) {
  const std::string_view path = lookup.path;
  if (!http::has_hidden_segment(path.substr(0, path.find('/', 1)))) return false;
  explain("hidden", [] { return std::string("its first segment begins with a dot"); });
  fail(404);
  return true;
}

bool DocumentRouter::apply_missing_rules(Lookup& lookup) {
  if (apply_rules(lookup, rules::Phase::kMissing)) return true;
  return lookup.rewritten && look_up(lookup);
}

// Returns true if a rule has answered. A rewrite changes the lookup.
bool DocumentRouter::apply_rules(Lookup& lookup, rules::Phase phase) {
  const rules::RuleSet& rules = lookup.site.routes->rules;
  if (rules.empty()) return false;
  const RoutedRequest& request = lookup.request;
  const http::RequestHead& head = request.head;
  const rules::RuledRequest ruled{
      .method = head.view(head.method),
      .host = head.view(head.authority),
      .host_name = head.view(request.origin.host),
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
      if (!lookup.site.routes->pools.empty() && lookup.sent_path.empty()) {
        lookup.sent_path = std::move(lookup.path);
      }
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
  const std::string front = "/" + lookup.site.routes->index_file;
  const std::string_view path = lookup.path;
  const bool names_front =
      path.starts_with(front) && (path.size() == front.size() || path[front.size()] == '/');
  if (names_front && front.ends_with(".php") && !lookup.encoded_slash &&
      try_target(lookup, front)) {
    route_.path_info.assign(path.substr(front.size()));
    return true;
  }
  if (!lookup.site.routes->run_scripts.empty() && try_script(lookup)) return true;
  if (lookup.encoded_slash) return false;
  // A front controller may have an address such as /files/db.inc, so it is asked. A static page is
  // not: its "200 OK" would say that the file exists.
  if (front.ends_with(".php") ? path.ends_with(".php") : files::is_php_source(path)) {
    explain(
        "script",
        [&] {
          return lookup.path + ": " +
                 (front.ends_with(".php") ? "only " + front + " may run"
                                          : "no script runs in single-page mode") +
                 "; " + existence(lookup.root.path(), lookup.path);
        },
        "index_file");
    fail(404);
    return true;
  }
  return !path.ends_with('/') && try_file(lookup, path, OnDirectory::kNotFound);
}

// The fallback, or in framework mode the front controller.
bool DocumentRouter::fall_back(Lookup& lookup) {
  const SiteRoutes& routes = *lookup.site.routes;
  const std::string target = routes.index_file.empty() ? routes.fallback : "/" + routes.index_file;
  const std::string_view option = routes.index_file.empty() ? "fallback" : "index_file";
  if (target.empty()) {
    explain("fallback",
            [] { return std::string("none: no fallback, index_file or preset is set"); });
  } else if (lookup.concealed && !target.ends_with(".php")) {
    // "200 OK" for /backup.sql would say that the file exists.
    explain(
        "fallback", [&] { return target + " is not used for a path that is not public"; }, option);
  } else {
    explain("fallback", [&] { return target; }, option);
    if (try_target(lookup, target)) return true;
  }
  fail(404);
  return true;
}

bool DocumentRouter::ask_resident(Lookup& lookup) {
  const PoolRoutes& pools = lookup.site.routes->pools;
  if (pools.empty()) return false;
  const std::uint16_t pool = pools.of_unanswered(sent_path(lookup));
  if (pool == 0) return false;
  run_resident(lookup, pool);
  return true;
}

bool DocumentRouter::choose_pool(Lookup& lookup) {
  const PoolRoutes& pools = lookup.site.routes->pools;
  if (pools.empty() || route_.pool != 0) return true;
  const std::string_view path = sent_path(lookup);
  const std::uint16_t pool = pools.of_script(path, route_.document_root, route_.script_name);
  if (pool == 0) {
    explain("pool", [] { return std::string("default: no other pool is for this request"); });
  } else if (pools.replaces_script(pool)) {
    run_resident(lookup, pool);
  } else {
    route_.pool = pool;
    explain("pool", [&] { return reason_of(pools[pool], path); });
  }
  return true;
}

void DocumentRouter::run_resident(const Lookup& lookup, std::uint16_t number) {
  const PoolRoute& pool = lookup.site.routes->pools[number];
  const bool outside = pool.script_name.empty();
  const std::string_view script =
      outside ? std::string_view(pool.script).substr(pool.script.rfind('/')) : pool.script_name;
  // Routing may have found this very script, and then what follows its name.
  const bool found = route_.kind == Route::Kind::kScript && route_.script_name == script;
  route_.kind = Route::Kind::kScript;
  route_.answered_by = observe::AnsweredBy::kPhp;
  route_.document_root.assign(lookup.root.path());
  route_.root_generation = lookup.site.root.generation();
  route_.script_name.assign(script);
  if (!found) route_.path_info.clear();
  if (outside) route_.script_filename.assign(pool.script);
  route_.pool = number;
  explain("pool", [&] {
    return reason_of(pool, sent_path(lookup)) + "; its script answers: " + pool.script;
  });
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
