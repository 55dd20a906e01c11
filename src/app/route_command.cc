#include "app/route_command.h"

#include <cstdio>
#include <ctime>

#include "base/process_user.h"
#include "config/option_table.h"
#include "http/status.h"
#include "http/target.h"
#include "http/token.h"
#include "server/answers/script_job.h"
#include "site/document_router.h"

namespace tusk::app {
namespace {

// The request that a client would send for the URL.
struct AskedRequest {
  http::RequestHead head;
  http::RequestOrigin origin;
};

base::Result<AskedRequest> parse_words(const std::vector<std::string>& words) {
  if (words.empty() || words.size() > 2) {
    return base::fail("which URL? tusk route [options] [METHOD] URL");
  }
  const std::string method = words.size() == 2 ? words[0] : "GET";
  const std::string& url = words.back();
  if (!http::is_token(method)) return base::fail("'" + method + "' is not a method");
  if (method == "CONNECT") return base::fail("CONNECT asks for no URL; it is answered 501");
  if (!url.starts_with('/') && url.find("://") == std::string::npos) {
    return base::fail("'" + url + "' is not a URL: it begins with / or http://");
  }
  // Browsers do not send the fragment.
  const std::string target = url.substr(0, url.find('#'));
  const auto split = http::split_target(target, method);
  if (!split || !http::is_target(target)) {
    return base::fail("'" + url + "' is not a URL that a client could send");
  }
  AskedRequest asked;
  asked.origin.tls = target.starts_with("https:");
  http::RequestHead& head = asked.head;
  head.method = head.append(method);
  head.target = head.append(target);
  head.path = head.append(split->path.empty() ? "/" : split->path);  // http://host
  head.query = head.append(split->query);
  head.has_query = split->has_query;
  const std::string host = split->authority.empty() ? "localhost" : std::string(split->authority);
  head.authority = head.append(host);
  http::settle_host(head, asked.origin);
  return asked;
}

// REQUEST_URI as the script would see it.
std::string request_uri(const site::Route& route, const AskedRequest& asked) {
  exec::Job job;
  job.head = asked.head;
  job.origin = asked.origin;
  server::answers::fill_script_job(job, route, {});
  return std::string(job.view(job.request_uri));
}

// Empty if there is only the default pool.
std::string pool_of(const site::Route& route, const plan::Plan& plan) {
  if (plan.process.pools.size() == 1) return {};
  const exec::PoolScripts& scripts = plan.process.pools[route.pool].scripts;
  return "\n  pool          " + scripts.pool +
         (scripts.resident_script.empty() ? "" : ", where the script is resident");
}

std::string outcome_of(const site::Route& route, const AskedRequest& asked, const plan::Plan& plan,
                       site::ErrorPages& error_pages) {
  using Kind = site::Route::Kind;
  const http::ResponseHead& response = route.response.head;
  if (route.kind == Kind::kScript) {
    const bool outside = !route.script_filename.empty();
    std::string text = "script ";
    text += outside ? route.script_filename : route.document_root + route.script_name;
    text += "\n  SCRIPT_NAME   " + route.script_name;
    if (!route.path_info.empty()) text += "\n  PATH_INFO     " + route.path_info;
    text += "\n  REQUEST_URI   " + request_uri(route, asked);
    const std::string sent(asked.head.view(asked.head.query));
    text += "\n  QUERY_STRING  " + route.query.value_or(sent);
    return text + pool_of(route, plan);
  }
  const int status = route.kind == Kind::kError ? route.error_status : response.status;
  std::string text = std::to_string(status) + " " + std::string(http::reason_phrase(status));
  if (route.kind == Kind::kError) {
    const site::ErrorPages::Page* const page = error_pages.find(status);
    const bool script = page != nullptr && !page->script.empty();
    text += ", page: ";
    text += script            ? error_pages.directory() + page->script
            : page != nullptr ? "a file of " + error_pages.directory()
                              : "built in";
  } else if (route.answered_by == observe::AnsweredBy::kStatic) {
    text = (route.kind == Kind::kListing ? "listing, " : "file, ") + text;
  }
  for (const http::HeaderField& field : response.fields) {
    text += "\n  " + std::string(response.view(field.name)) + ": " +
            std::string(response.view(field.value));
  }
  return text;
}

std::string changes_of(const site::Route& route) {
  http::ResponseHead head;
  route.header_changes.apply(head);
  std::string text;
  for (const http::HeaderField& field : head.fields) {
    text += "\n  " + std::string(head.view(field.name)) + ": " +
            std::string(head.view(field.value)) + "  (by rule)";
  }
  return text;
}

// A line, with who has set the option that decided.
std::string line_of(const site::RouteTrace::Step& step, const config::Loaded& loaded) {
  constexpr std::size_t kColumn = 12;
  std::string text = "  " + step.what;
  text.append(text.size() < kColumn ? kColumn - text.size() : 1, ' ');
  text += step.result;
  if (!step.option.empty()) {
    const config::Option& option = config::option_named(step.option);
    text += "  (" + std::string(step.option) + ": " +
            config::to_string(config::origin_of(loaded, option)) + ")";
  }
  return text + "\n";
}

}  // namespace

int explain_route(const config::Loaded& loaded, const plan::Plan& plan,
                  const std::vector<std::string>& words) {
  const base::Result<AskedRequest> asked = parse_words(words);
  if (!asked) {
    std::fprintf(stderr, "tusk: %s\n", asked.error().message.c_str());
    return 2;
  }
  base::Result<site::Site> site = plan::open_site(plan.site());
  if (!site) {
    std::fprintf(stderr, "tusk: %s\n", site.error().message.c_str());
    return 1;
  }
  site::ErrorPages error_pages = site->error_pages;
  files::FileCache files(plan.process.file_cache, files::FileLoader(plan.site().file_loader));
  site::DocumentRouter router(std::move(*site), files);
  site::RouteTrace trace;
  router.explain_to(&trace);
  trace.add("user", base::process_user() + "; files are opened as this user");
  const site::Route& route = router.route(
      {.head = asked->head, .origin = asked->origin, .now_seconds = std::time(nullptr)});
  std::string text(asked->head.view(asked->head.method));
  text += " " + std::string(asked->head.view(asked->head.target)) + "\n";
  for (const site::RouteTrace::Step& step : trace.steps()) text += line_of(step, loaded);
  text += "=> " + outcome_of(route, *asked, plan, error_pages) + changes_of(route) + "\n";
  std::fputs(text.c_str(), stdout);
  const bool error =
      route.kind == site::Route::Kind::kError ||
      (route.kind == site::Route::Kind::kResponse && route.response.head.status >= 400);
  return error ? 1 : 0;
}

}  // namespace tusk::app
