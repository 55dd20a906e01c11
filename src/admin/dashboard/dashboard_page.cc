#include "admin/dashboard/dashboard_page.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin/dashboard/assets.h"
#include "admin/dashboard/metric_values.h"
#include "admin/dashboard/totals.h"
#include "admin/events_page.h"
#include "admin/html_text.h"

namespace tusk::admin::dashboard {

namespace {

using Json = nlohmann::ordered_json;
using observe::ProcessView;
using observe::WorkerState;
using observe::WorkerView;

// In the page. Its script shows all that are kept.
constexpr std::size_t kMostEvents = 50;
constexpr std::size_t kMostWorkers = 200;

bool runs_a_request(const WorkerView& worker) {
  return worker.state == WorkerState::kBusy || worker.state == WorkerState::kLost;
}

std::string metrics_text(const DashboardState& state) {
  return observe::render_prometheus(state.snapshot);
}

double now_seconds(const DashboardState& state) { return static_cast<double>(state.now_ms) / 1e3; }

std::string versions(const DashboardState& state) {
  const observe::BuildInfo& build = state.snapshot.build;
  return build.php_version.empty() ? build.version : build.version + " · PHP " + build.php_version;
}

// "3", or "9 export" in another pool than the default one.
std::string worker_text(const WorkerView& worker) {
  const std::string number = std::to_string(worker.worker);
  return worker.pool.empty() || worker.pool == "default" ? number : number + " " + worker.pool;
}

void append_worker(std::string& html, const DashboardState& state, const ProcessView& process,
                   const WorkerView& worker) {
  const bool runs = runs_a_request(worker) || worker.state == WorkerState::kBooting;
  const bool has_request = !worker.method.empty();  // or has had one
  const double seconds = observe::seconds_since(worker.started_ns, state.workers.now_ns);
  html += runs ? "<tr>" : "<tr class=\"idle\">";
  append_cell(html, std::to_string(process.pid));
  append_cell(html, worker_text(worker));
  append_cell(html, observe::to_string(worker.state));
  append_cell(html, runs ? seconds_text(seconds) : std::string(), "class=\"number\"");
  html += "<td class=\"text\">";
  append_escaped(html, has_request ? worker.method + " " + worker.host + worker.path : "");
  if (!worker.last_fatal_error.empty()) {
    html += "<small>last fatal error, some time ago: ";
    append_escaped(html, worker.last_fatal_error);
    html += "</small>";
  }
  html += "</td>";
  append_cell(html, worker.script, "class=\"text mono\"");
  append_cell(html, worker.client);
  append_cell(html, count_text(static_cast<double>(worker.requests)), "class=\"number\"");
  append_cell(html,
              worker.last_memory_bytes == 0
                  ? std::string()
                  : bytes_text(static_cast<double>(worker.last_memory_bytes)),
              "class=\"number\"");
  html += "<td class=\"live\"></td></tr>\n";
}

struct ShownWorker {
  const ProcessView* process;
  const WorkerView* worker;
};

// Those that run a request first, the longest of them before all others.
std::vector<ShownWorker> shown_workers(const DashboardState& state) {
  std::vector<ShownWorker> all;
  for (const ProcessView& process : state.workers.processes) {
    for (const WorkerView& worker : process.workers) all.push_back({&process, &worker});
  }
  std::ranges::stable_sort(all, {}, [](const ShownWorker& each) {
    const bool runs = runs_a_request(*each.worker);
    return std::pair(!runs, runs ? each.worker->started_ns : 0);
  });
  return all;
}

std::string worker_rows(const DashboardState& state) {
  std::string html;
  const std::vector<ShownWorker> all = shown_workers(state);
  for (std::size_t i = 0; i < std::min(all.size(), kMostWorkers); ++i) {
    append_worker(html, state, *all[i].process, *all[i].worker);
  }
  return html;
}

std::string workers_note(const DashboardState& state) {
  std::size_t workers = 0;
  for (const ProcessView& process : state.workers.processes) workers += process.workers.size();
  const std::size_t processes = state.workers.processes.size();
  return fmt::format("{} in {} server process{}", workers, processes, processes == 1 ? "" : "es");
}

std::string event_rows(const DashboardState& state) {
  const std::size_t left_out = state.events.size() - std::min(state.events.size(), kMostEvents);
  std::string html;
  append_event_rows(
      html, {state.events.begin() + static_cast<std::ptrdiff_t>(left_out), state.events.end()});
  return html;
}

std::string totals(const DashboardState& state) {
  const std::string text = metrics_text(state);
  std::string html;
  for (const Total& total : totals_of(MetricValues(text), now_seconds(state))) {
    html += "<div><dt>";
    append_escaped(html, total.name);
    html += "</dt><dd>";
    append_escaped(html, total.value);
    html += "</dd></div>";
  }
  return html;
}

std::string links(const DashboardState& state) {
  constexpr std::array<std::string_view, 6> kShown = {"/workers", "/events",  "/backtraces",
                                                      "/config",  "/metrics", "/health"};
  std::string html;
  for (const std::string_view path : kShown) {
    if (std::ranges::find(state.pages, path) == state.pages.end()) continue;
    html.append("<a href=\"").append(path).append("\">").append(path.substr(1)).append("</a> ");
  }
  return html;
}

std::string state_text(const DashboardState& state) {
  std::string text(state.status);
  if (!text.empty()) text.front() = static_cast<char>(std::toupper(text.front()));
  return text;
}

std::string_view state_class(const DashboardState& state) {
  if (state.status == "ready") return "";
  const bool bad = state.status == "stalled" || state.status == "lost" || state.status == "down";
  return bad ? "bad" : "warn";
}

std::string escaped(std::string_view text) {
  std::string html;
  append_escaped(html, text);
  return html;
}

struct Part {
  std::string_view name;
  std::string (*html)(const DashboardState&);
};

constexpr std::array kParts = {
    Part{"versions", [](const DashboardState& state) { return escaped(versions(state)); }},
    Part{"state", [](const DashboardState& state) { return escaped(state_text(state)); }},
    Part{"state_class",
         [](const DashboardState& state) { return std::string(state_class(state)); }},
    Part{"links", links},
    Part{"workers_note", workers_note},
    Part{"workers", worker_rows},
    Part{"events", event_rows},
    Part{"totals", totals},
};

}  // namespace

std::string status_json(const DashboardState& state) {
  const std::string text = metrics_text(state);
  const MetricValues metrics(text);
  Json json = {{"time_ms", state.now_ms},
               {"status", state.status},
               {"version", state.snapshot.build.version},
               {"php_version", state.snapshot.build.php_version},
               {"generation", state.generation},
               {"last_event", state.last_event},
               {"pages", state.pages},
               {"totals", Json::array()},
               {"metrics", Json::object()}};
  for (const Total& total : totals_of(metrics, now_seconds(state))) {
    json["totals"].push_back({total.name, total.value});
  }
  // Appended to the object's list: a search for the key each time would cost more than all else.
  Json::object_t& shown = json["metrics"].get_ref<Json::object_t&>();
  for (const auto& [series, value] : metrics.all()) {
    // Counts are written as whole numbers.
    const bool whole = value >= 0 && value < 9e15 &&
                       value == static_cast<double>(static_cast<std::uint64_t>(value));
    shown.emplace_back(std::string(series),
                       whole ? Json(static_cast<std::uint64_t>(value)) : Json(value));
  }
  json["processes"] = processes_json(state.workers);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// The text that replaces a name is not searched for names again, so a script cannot insert one.
std::string dashboard_html(const DashboardState& state) {
  std::string html;
  std::string_view rest = kPage;
  for (;;) {
    const std::size_t begin = rest.find("{{");
    const std::size_t end = rest.find("}}", begin);
    if (begin == std::string_view::npos || end == std::string_view::npos) break;
    html.append(rest.substr(0, begin));
    const std::string_view name = rest.substr(begin + 2, end - begin - 2);
    const auto* const part = std::ranges::find(kParts, name, &Part::name);
    if (part != kParts.end()) html.append(part->html(state));
    rest.remove_prefix(end + 2);
  }
  return html.append(rest);
}

}  // namespace tusk::admin::dashboard
