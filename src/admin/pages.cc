#include "admin/pages.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <utility>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "admin/dashboard/assets.h"
#include "admin/dashboard/dashboard_page.h"
#include "admin/events_page.h"
#include "admin/profile_page.h"
#include "admin/workers_page.h"
#include "base/clock.h"

namespace tusk::admin {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kText = "text/plain; charset=utf-8";
// The dashboard runs its own script, which asks the internal server; nothing else can run.
constexpr std::string_view kDashboardPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

Page page(int status, std::string_view content_type, std::string body) {
  return {.status = status,
          .content_type = content_type,
          .allow = {},
          .body = std::move(body),
          .later = {}};
}

Page json_page(int status, const nlohmann::ordered_json& content) {
  // Invalid UTF-8 is replaced, so that a page never fails.
  const auto replace = nlohmann::ordered_json::error_handler_t::replace;
  return page(status, kJson, content.dump(-1, ' ', false, replace) + "\n");
}

// RFC 3339, in UTC, with milliseconds.
std::string timestamp(std::chrono::system_clock::time_point now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(now - seconds);
  const std::time_t time = std::chrono::system_clock::to_time_t(seconds);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  length += static_cast<std::size_t>(std::snprintf(text.data() + length, text.size() - length,
                                                   ".%03dZ", static_cast<int>(rest.count())));
  return {text.data(), length};
}

// A probe of liveness must not end a process that drains: the status code is 200 all the time.
Page health(const AdminState& state, const PageOptions&) {
  return json_page(200, {{"status", state.draining && !state.has_successor ? "draining" : "ok"},
                         {"timestamp", timestamp(state.now)},
                         {"active_connections", state.active_connections()},
                         {"version", state.version},
                         {"generation", state.generation}});
}

struct Readiness {
  std::string_view status;
  const PoolState* pool = nullptr;  // that is the reason; null: no pool is
};

std::string_view readiness(const PoolState& pool) {
  if (pool.down || pool.cannot_start) return "down";
  if (!pool.up) return pool.workers_lost > 0 ? "lost" : "starting";
  return pool.stalled_for > std::chrono::seconds::zero() ? "stalled" : "ready";
}

Readiness readiness(const AdminState& state) {
  // A connection from before this process was replaced asks about tusk, not about this process.
  if (state.has_successor) return {"ready"};
  if (state.draining) return {"draining"};
  for (const PoolState& pool : state.pools) {
    const std::string_view status = readiness(pool);
    if (status != "ready" && (state.accepting || status == "lost")) return {status, &pool};
  }
  return {state.accepting ? "ready" : "starting"};
}

std::string_view reason_of(std::string_view status, const PoolState& pool) {
  if (status == "stalled") return "requests wait, and no worker takes any";
  if (status == "down")
    return pool.down ? "its resident script does not boot" : "no worker can be started";
  if (status == "lost") return "no worker is left";
  return "no worker serves";
}

void append(nlohmann::ordered_json& json, const PoolState& pool) {
  json["workers_ready"] = pool.workers_ready;
  json["workers_total"] = pool.workers_total;
}

Page ready(const AdminState& state, const PageOptions&) {
  const auto [status, pool] = readiness(state);
  PoolState all;
  for (const PoolState& each : state.pools) {
    all.workers_ready += each.workers_ready;
    all.workers_total += each.workers_total;
  }
  nlohmann::ordered_json content = {{"status", status},
                                    {"accepting", state.accepting || state.has_successor}};
  append(content, all);
  if (pool != nullptr) {
    content["reason"] = reason_of(status, *pool);
    if (state.pools.size() > 1) content["pool"] = pool->name;
    content["requests_waiting"] = pool->requests_waiting;
    if (status == "stalled") content["seconds"] = pool->stalled_for.count();
  }
  if (state.pools.size() > 1) {
    content["pools"] = nlohmann::ordered_json::array();
    for (const PoolState& each : state.pools) {
      nlohmann::ordered_json json = {{"pool", each.name}, {"status", readiness(each)}};
      append(json, each);
      content["pools"].push_back(std::move(json));
    }
  }
  return json_page(status == "ready" ? 200 : 503, content);
}

Page metrics(const AdminState& state, const PageOptions&) {
  Page made = page(200, observe::kPrometheusContentType, {});
  made.later = [sum = state.snapshot] { return observe::render_prometheus(sum()); };
  return made;
}

nlohmann::ordered_json to_json(const exec::observation::WorkerBacktrace& taken) {
  using exec::observation::TakenBy;
  const exec::observation::Backtrace& trace = taken.trace;
  nlohmann::ordered_json json = {{"worker", taken.worker}, {"request", trace.request_id}};
  if (taken.waits_for_client) {
    json["waits_in"] = "client";
  } else if (trace.taken_by == TakenBy::kWhileWaits) {
    json["waits_in"] = trace.waiting_call();
  }
  if (trace.taken_by == TakenBy::kWhileRuns) json["approximate"] = true;
  json["request_id"] = taken.request_id;
  json["backtrace"] = exec::observation::frame_lines(trace);
  return json;
}

Page backtraces(const AdminState& state, const PageOptions&) {
  Page made = page(200, kJson, {});
  made.later = [take = state.backtraces] {
    nlohmann::ordered_json workers = nlohmann::ordered_json::array();
    for (const auto& taken : take()) workers.push_back(to_json(taken));
    const nlohmann::ordered_json content = {{"workers", std::move(workers)}};
    return content.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  };
  return made;
}

Page workers(const AdminState& state, const PageOptions& options) {
  const auto make = options.json ? workers_json : workers_html;
  Page made = page(200, options.json ? kJson : kHtml, {});
  made.later = [make, with_backtraces = options.backtraces, take = state.backtraces,
                read = state.processes] {
    WorkersState shown{.processes = {}, .now_ns = {}, .backtraces = {}, .own_pid = ::getpid()};
    if (with_backtraces && take) shown.backtraces = take();
    shown.processes = read();
    shown.now_ns = base::now().time_since_epoch().count();
    return make(shown);
  };
  return made;
}

Page profile(const AdminState& state, const PageOptions& options) {
  // Its client would hold up the end of the process.
  if (!state.accepting) return page(503, kText, "this process ends: ask again\n");
  std::vector<std::string_view> pools;
  for (const PoolState& pool : state.pools) pools.push_back(pool.name);
  return profile_page(state.profiler, options.query, pools);
}

Page configuration(const AdminState& state, const PageOptions&) {
  return page(200, kJson, std::string(state.configuration));
}

Page events(const AdminState& state, const PageOptions& options) {
  const auto make = options.json ? events_json : events_html;
  return page(200, options.json ? kJson : kHtml, make(state.events->read(options.events_after)));
}

Page dashboard(const AdminState& state, const PageOptions& options);
Page status(const AdminState& state, const PageOptions&);
Page script(const AdminState&, const PageOptions&) {
  return page(200, "text/javascript; charset=utf-8", std::string(dashboard::kScript));
}
Page style(const AdminState&, const PageOptions&) {
  return page(200, "text/css; charset=utf-8", std::string(dashboard::kStyle));
}
Page icon(const AdminState&, const PageOptions&) {
  return page(200, "image/svg+xml", std::string(dashboard::kIcon));
}

struct Entry {
  std::string_view path;
  Page (*render)(const AdminState&, const PageOptions&);
  std::string_view doc;  // empty: not in the index
  bool open = false;     // needs no token
};

constexpr std::array kPages = {
    Entry{"/", dashboard, "the dashboard; with Accept: text/plain, this page"},
    Entry{"/status", status, "what the dashboard shows, as JSON"},
    Entry{"/events", events, "recent errors, slow requests, crashes and reloads; ?format=json"},
    Entry{"/health", health, "200 while the process answers, with its open connections", true},
    Entry{"/ready", ready, "200 when all pools accept requests, else 503 with the reason", true},
    Entry{"/metrics", metrics, "metrics in the Prometheus text format"},
    Entry{"/workers", workers, "what each PHP worker does, as a table or with ?format=json"},
    Entry{"/threads", workers, "the same"},
    Entry{"/backtraces", backtraces, "the PHP backtraces of all running scripts"},
    Entry{"/profile", profile, "what scripts spend their time in, for ?seconds=30; see &format="},
    Entry{"/config", configuration, "the configuration in effect, and where each value comes from"},
    Entry{"/dashboard.js", script, ""},
    Entry{"/style.css", style, ""},
    Entry{"/icon.svg", icon, ""},
};

Page index() {
  std::string body = "tusk, internal server\n\n";
  for (const Entry& entry : kPages) {
    if (entry.doc.empty()) continue;
    body.append(entry.path).append(13 - entry.path.size(), ' ').append(entry.doc).append("\n");
  }
  return page(200, kText, std::move(body));
}

dashboard::DashboardState dashboard_state(const AdminState& state) {
  using std::chrono::duration_cast;
  dashboard::DashboardState shown{
      .status = readiness(state).status,
      .now_ms = duration_cast<std::chrono::milliseconds>(state.now.time_since_epoch()).count(),
      .generation = state.generation,
      .last_event = state.events->last_number(),
      .snapshot = {},
      .workers = {}};
  for (const Entry& entry : kPages) {
    if (!entry.doc.empty()) shown.pages.push_back(entry.path);
  }
  return shown;
}

using DashboardText = std::string (*)(const dashboard::DashboardState&);

Page later_dashboard(const AdminState& state, dashboard::DashboardState shown, DashboardText make) {
  Page made = page(200, kJson, {});
  made.later = [make, shown = std::move(shown), sum = state.snapshot,
                read = state.processes]() mutable {
    shown.snapshot = sum();
    shown.workers = {.processes = read(),
                     .now_ns = base::now().time_since_epoch().count(),
                     .own_pid = ::getpid()};
    return make(shown);
  };
  return made;
}

Page status(const AdminState& state, const PageOptions&) {
  return later_dashboard(state, dashboard_state(state), dashboard::status_json);
}

Page dashboard(const AdminState& state, const PageOptions& options) {
  if (options.json) return status(state, options);
  if (options.plain_text) return index();
  dashboard::DashboardState shown = dashboard_state(state);
  shown.events = state.events->read();
  Page made = later_dashboard(state, std::move(shown), dashboard::dashboard_html);
  made.content_type = kHtml;
  made.policy = kDashboardPolicy;
  return made;
}

}  // namespace

PageOptions page_options(std::string_view query, std::string_view accept) {
  PageOptions options{.query = query};
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair == "format=json") options.json = true;
    if (pair == "backtrace=1") options.backtraces = true;
    if (pair.starts_with("after=")) {
      const std::string_view number = pair.substr(pair.find('=') + 1);
      const auto read =
          std::from_chars(number.data(), number.data() + number.size(), options.events_after);
      if (read.ec == std::errc::result_out_of_range) options.events_after = ~std::uint64_t{0};
    }
  }
  // Browsers name text/html.
  const auto takes = [&](std::string_view type) { return accept.find(type) != accept.npos; };
  if (takes("text/html")) return options;
  options.json = options.json || takes("application/json");
  options.plain_text = takes("text/plain");
  return options;
}

bool is_open(std::string_view path) {
  return std::ranges::any_of(kPages,
                             [&](const Entry& entry) { return entry.open && entry.path == path; });
}

Page unauthorized() { return page(401, kText, "unauthorized: a token is required\n"); }

Page refused_to_browser() {
  return page(403, kText,
              "refused: the request may come from a page of another web site; without a token "
              "(internal_token_file) use an IP address or a local name as the host\n");
}

Page render(std::string_view method, std::string_view path, const AdminState& state,
            const PageOptions& options) {
  for (const Entry& entry : kPages) {
    if (entry.path != path) continue;
    // The head of a profile says nothing, and the profile takes long.
    const bool has_head = entry.render != profile;
    if (method == "GET" || (method == "HEAD" && has_head)) return entry.render(state, options);
    Page refusal = page(405, kText, "method not allowed\n");
    refusal.allow = has_head ? "GET, HEAD" : "GET";
    return refusal;
  }
  return page(404, kText, "not found\n");
}

}  // namespace tusk::admin
