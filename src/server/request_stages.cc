#include "server/request_stages.h"

#include <utility>

#include "base/client_key.h"
#include "clients/rate_limiter.h"
#include "clients/trusted_proxies.h"
#include "clients/untrusted_forwarding.h"
#include "net/loop.h"
#include "server/active_request.h"
#include "server/answers/error_answer.h"
#include "server/answers/file_answer.h"
#include "server/answers/https_redirect.h"
#include "server/answers/later_answer.h"
#include "server/answers/listing_answer.h"
#include "server/answers/script_answer.h"
#include "server/answers/text_answer.h"
#include "server/development/page_script.h"
#include "server/development/reload_answer.h"
#include "server/telemetry/request_identity.h"
#include "site/https_policy.h"

namespace tusk::server {

namespace {

using http::RequestOrigin;

constexpr std::string_view kHstsField = "Strict-Transport-Security";

// --- when the head is there ---

int settle_origin(ActiveRequest& request) {
  ConnectionFacts& connection = request.connection;
  http::RequestHead& head = request.job().head;
  RequestOrigin& origin = request.job().origin;
  origin.tls = connection.tls.on();
  const bool first = !std::exchange(connection.looked_for_forwarding, true);
  if (connection.proxies != nullptr) {
    if (first) {
      clients::warn_of_ignored_field(head, connection.proxies->fields(), connection.peer);
    }
    connection.proxies->apply(head, origin);
  } else if (first && request.listener.proxies != nullptr) {
    clients::warn_of_untrusted_forwarding(head, connection.peer);
  }
  if (origin.client_address.length == 0) {  // no proxy has named the client
    origin.client_address = head.append(connection.peer.address);
    origin.client_port = connection.peer.port;
    if (connection.proxies != nullptr) {
      origin.sharing = RequestOrigin::Sharing::kManyClients;
    } else if (connection.stands_for_many) {
      origin.sharing = RequestOrigin::Sharing::kPerhapsMany;
    }
  }
  http::settle_host(head, origin);
  return 0;
}

int check_announced_body(ActiveRequest& request) {
  const std::uint64_t announced = request.head().content_length.value_or(0);
  return announced > request.listener.limits.body_bytes ? 413 : 0;
}

int count_rate(ActiveRequest& request) {
  clients::RateLimiter* const limiter = request.listener.rate_limiter;
  if (limiter == nullptr || !limiter->is_on()) return 0;
  const http::RequestHead& head = request.head();
  const std::string_view address = head.view(request.job().origin.client_address);
  const std::optional<base::ClientKey> client = base::client_key(address);
  if (!client) return 0;
  const base::MonotonicTime now = request.loop.loop.now();
  request.retry_after = limiter->count(*client, now);
  if (request.retry_after.count() == 0) return 0;
  request.loop.rate_limited.count(now, address);
  request.loop.metrics.add<observe::Metric::kRateLimited>();
  return head.has_body() ? 429 : 0;  // refuse it now, before its body is read
}

// --- when the request is complete ---

base::Task<bool> answer_429(ActiveRequest& request) {
  return answers::ErrorAnswer::send(request, 429);
}

Answer refuse_by_rate(ActiveRequest& request) {
  return request.retry_after.count() > 0 ? &answer_429 : nullptr;
}

Answer find_route(ActiveRequest& request) {
  site::Route& route = request.listener.router.route(
      {request.head(), request.job().origin, request.loop.date.seconds()});
  request.route = &route;
  request.answered_by = route.answered_by;
  request.header_changes = route.header_changes;
  return nullptr;
}

// --- when a response's head is about to be sent ---

void apply_header_rules(ActiveRequest& request, http::ResponseHead& response) {
  request.header_changes.apply(response);
}

// Added over TLS only, where nobody can have changed it on the way (RFC 6797 §7.2). It does not
// replace a field that a script has set.
void add_hsts(ActiveRequest& request, http::ResponseHead& response) {
  const site::HttpsPolicy* const policy = request.listener.https;
  if (!request.tls() || policy == nullptr || policy->hsts.empty()) return;
  if (!response.contains(kHstsField)) response.add(kHstsField, policy->hsts);
}

// --- the lists ---

constexpr Stage kClient{
    .name = "client",
    .what =
        "settles the client's address, the scheme and the host, by the connection or by what a "
        "trusted proxy says",
    .why_here =
        "all later stages judge by them: limits and logs by address, rules by host and "
        "scheme",
    .on_head = settle_origin};

constexpr Stage kRequestId{
    .name = "request id",
    .what =
        "takes `X-Request-Id` of a trusted proxy as the request's id, or makes one; with "
        "`request_id` it tells the script and the client",
    .why_here = "only a trusted proxy can give the id; every later line of a log may name it",
    .on_head = telemetry::settle_request_id,
    .on_response = telemetry::add_request_id};

constexpr Stage kTrace{
    .name = "trace",
    .what = "continues the trace that `traceparent` names, or begins one, if `trace_context` is on",
    .why_here = "may depend on who has sent it; before anything takes time",
    .on_head = telemetry::settle_trace,
    .on_response = telemetry::add_trace};

constexpr Stage kSize{.name = "size",
                      .what = "refuses an announced body beyond `request_body_bytes`: 413",
                      .why_here = "before any of the body is read",
                      .on_head = check_announced_body};

constexpr Stage kRoute{.name = "route",
                       .what = "asks the router what answers",
                       .why_here = "every answer below depends on the route",
                       .on_request = find_route};

constexpr Stage kErrorPage{
    .name = "error page",
    .what = "sends a page for an error that the router has found",
    .why_here = "never replaces a response that a script has made: that one is the application's",
    .on_request = answers::ErrorAnswer::choose};

constexpr Stage kSiteStages[] = {
    kClient,
    kRequestId,
    kTrace,
    kSize,
    {.name = "rate",
     .what = "counts the client's request, and refuses one beyond `rate_limit`: 429",
     .why_here = "by the client's own address; before anything is looked up, and no rule can "
                 "exempt a request",
     .on_head = count_rate,
     .on_request = refuse_by_rate},
    {.name = "https",
     .what = "redirects a client that came without TLS, where `https_redirect` says so",
     .why_here = "before anything of the site is sent unencrypted",
     .on_request = answers::HttpsRedirect::choose},
    {.name = "reload",
     .what = "with `hot_reload`, answers the pages that wait for a change",
     .why_here = "the paths are tusk's, whatever the site has there",
     .on_request = development::ReloadAnswer::choose},
    kRoute,
    {.name = "page version",
     .what = "with `hot_reload`, has an HTML file sent whole, whatever the browser has cached",
     .why_here = "the file is known, and nothing is sent",
     .on_request = development::PageScript::prepare},
    {.name = "script",
     .what = "runs a script on a worker",
     .why_here = "its response is compressed on the worker, off the loop",
     .on_request = answers::ScriptAnswer::choose},
    {.name = "text",
     .what = "sends a text that the router has made: a redirect's page",
     .why_here = "compressed if it is large enough",
     .on_request = answers::TextAnswer::choose},
    {.name = "file",
     .what = "sends a file",
     .why_here = "compressed first where the client takes that, on a thread of its own",
     .on_request = answers::FileAnswer::choose},
    {.name = "listing",
     .what = "makes and sends a directory's listing",
     .why_here = "made on a thread of its own, since a large directory takes long to read",
     .on_request = answers::ListingAnswer::choose},
    kErrorPage,
    {.name = "header fields",
     .what = "sets, adds and removes the header fields that rules name",
     .why_here = "last, so that they hold for every response of the path: files, scripts, "
                 "redirects, errors",
     .on_response = apply_header_rules},
    {.name = "HSTS",
     .what = "adds `Strict-Transport-Security` to responses over TLS",
     .why_here = "after scripts and rules, whose own field stays",
     .on_response = add_hsts},
    {.name = "page script",
     .what = "with `hot_reload`, appends to an HTML page the script that reloads it",
     .why_here = "last, because it depends on the final fields",
     .on_response = development::PageScript::append},
};

constexpr Stage kInternalStages[] = {
    kClient,
    kSize,
    kRoute,
    {.name = "page",
     .what = "sends the page that the router has made",
     .why_here = "as it is: nothing is compressed, read or run for it",
     .on_request = answers::TextAnswer::choose_as_it_is},
    {.name = "later page",
     .what = "sends a page that takes long to make",
     .why_here = "made on a thread of its own, off the loop",
     .on_request = answers::LaterAnswer::choose},
    kErrorPage,
};

// No stage has settled the answer: the router has decided on an answer that the list lacks.
base::Task<bool> answer_500(ActiveRequest& request) {
  return answers::ErrorAnswer::send(request, 500);
}

}  // namespace

std::span<const Stage> site_stages() { return kSiteStages; }

std::span<const Stage> internal_stages() { return kInternalStages; }

Answer choose_answer(std::span<const Stage> stages, ActiveRequest& request) {
  for (const Stage& stage : stages) {
    if (stage.on_request == nullptr) continue;
    if (const Answer answer = stage.on_request(request); answer != nullptr) return answer;
  }
  return &answer_500;
}

int check_head(std::span<const Stage> stages, ActiveRequest& request) {
  for (const Stage& stage : stages) {
    if (stage.on_head == nullptr) continue;
    if (const int status = stage.on_head(request); status != 0) return status;
  }
  return 0;
}

}  // namespace tusk::server
