#include "admin/workers_page.h"

#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin/html_text.h"

namespace tusk::admin {

namespace {

using Json = nlohmann::ordered_json;
using observe::ProcessView;
using observe::WorkerState;
using observe::WorkerView;

// A loop looks at its deadlines ten times a second.
constexpr double kLongestTurnSeconds = 2;

bool runs_a_request(const WorkerView& worker) {
  return worker.state == WorkerState::kBusy || worker.state == WorkerState::kLost;
}

// Its slot's time and script are those of its boot.
bool boots(const WorkerView& worker) { return worker.state == WorkerState::kBooting; }

// It runs a request, or has run one since its script has booted.
bool has_request(const WorkerView& worker) { return !worker.method.empty(); }

// A thread has that of its process.
int pid_of(const ProcessView& process, const WorkerView& worker) {
  return worker.pid > 0 ? worker.pid : static_cast<int>(process.pid);
}

double seconds_since(const WorkersState& state, std::int64_t then_ns) {
  return observe::seconds_since(then_ns, state.now_ns);
}

std::string_view loop_state(const WorkersState& state, const observe::LoopView& loop) {
  if (loop.last_turn_ns == 0) return "starting";
  return seconds_since(state, loop.last_turn_ns) > kLongestTurnSeconds ? "stuck" : "runs";
}

// Null: the worker belongs to another process, or runs nothing.
const exec::observation::WorkerBacktrace* backtrace_of(const WorkersState& state,
                                                       const ProcessView& process,
                                                       const WorkerView& worker) {
  if (!state.backtraces || process.pid != state.own_pid || !runs_a_request(worker)) return nullptr;
  const exec::observation::WorkerBacktrace* found = nullptr;
  for (const auto& taken : *state.backtraces) {
    if (taken.worker != worker.worker) continue;
    // A lost worker and its successor have the same number.
    // The scoreboard cuts a long one.
    if (!worker.request_id.empty() && taken.request_id.starts_with(worker.request_id))
      return &taken;
    if (found == nullptr) found = &taken;
  }
  return found;
}

Json request_json(const WorkerView& worker) {
  return {{"id", worker.request_id}, {"method", worker.method}, {"host", worker.host},
          {"path", worker.path},     {"client", worker.client}, {"script", worker.script}};
}

Json worker_json(const WorkersState& state, const ProcessView& process, const WorkerView& worker) {
  Json json = {{"worker", worker.worker},     {"pid", pid_of(process, worker)},
               {"pool", worker.pool},         {"state", observe::to_string(worker.state)},
               {"requests", worker.requests}, {"last_memory_bytes", worker.last_memory_bytes},
               {"last_fatal_error", nullptr}, {"request", nullptr},
               {"last_request", nullptr},     {"boot", nullptr}};
  if (!worker.last_fatal_error.empty()) json["last_fatal_error"] = worker.last_fatal_error;
  if (runs_a_request(worker)) {
    json["request"] = request_json(worker);
    json["request"]["seconds"] = seconds_since(state, worker.started_ns);
  } else if (boots(worker)) {
    json["boot"] = {{"script", worker.script},
                    {"seconds", seconds_since(state, worker.started_ns)}};
  } else if (has_request(worker)) {
    json["last_request"] = request_json(worker);
  }
  if (const auto* const taken = backtrace_of(state, process, worker)) {
    json["backtrace"] = exec::observation::frame_lines(taken->trace);
  }
  return json;
}

Json process_json(const WorkersState& state, const ProcessView& process) {
  Json json = {{"pid", process.pid},
               {"generation", process.generation},
               {"phase", observe::to_string(process.phase)},
               {"uptime_seconds", seconds_since(state, process.started_ns)},
               {"workers", Json::array()},
               {"loops", Json::array()}};
  for (const WorkerView& worker : process.workers) {
    json["workers"].push_back(worker_json(state, process, worker));
  }
  for (const observe::LoopView& loop : process.loops) {
    json["loops"].push_back({{"loop", json["loops"].size()},
                             {"state", loop_state(state, loop)},
                             {"connections", loop.connections},
                             {"seconds_since_turn", seconds_since(state, loop.last_turn_ns)}});
  }
  return json;
}

std::string bytes_or_nothing(std::uint64_t bytes) {
  return bytes == 0 ? std::string() : bytes_text(static_cast<double>(bytes));
}

void append_row(std::string& html, const WorkersState& state, const ProcessView& process,
                const WorkerView& worker) {
  const bool runs = runs_a_request(worker) || boots(worker);
  html += "<tr>";
  for (const std::string& text :
       {std::to_string(pid_of(process, worker)), std::to_string(worker.worker), worker.pool,
        std::string(observe::to_string(worker.state)),
        runs ? seconds_text(seconds_since(state, worker.started_ns)) : std::string(),
        has_request(worker) ? worker.method + " " + worker.host + worker.path : std::string(),
        worker.script, worker.client, worker.request_id, std::to_string(worker.requests),
        bytes_or_nothing(worker.last_memory_bytes), worker.last_fatal_error}) {
    append_cell(html, text);
  }
  html += "</tr>\n";
  const auto* const taken = backtrace_of(state, process, worker);
  if (taken == nullptr) return;
  html += "<tr><td></td><td colspan=\"11\"><pre>";
  for (const std::string& line : exec::observation::frame_lines(taken->trace)) {
    append_escaped(html, line);
    html += '\n';
  }
  html += "</pre></td></tr>\n";
}

void append_summary(std::string& html, const WorkersState& state, const ProcessView& process) {
  html += "<li>";
  append_escaped(html, fmt::format("process {}: generation {}, {}, for {}", process.pid,
                                   process.generation, observe::to_string(process.phase),
                                   seconds_text(seconds_since(state, process.started_ns))));
  for (std::size_t i = 0; i < process.loops.size(); ++i) {
    fmt::format_to(std::back_inserter(html), "; loop {} {}, {} connections", i,
                   loop_state(state, process.loops[i]), process.loops[i].connections);
  }
  html += "</li>\n";
}

}  // namespace

Json processes_json(const WorkersState& state) {
  Json json = Json::array();
  for (const ProcessView& process : state.processes) json.push_back(process_json(state, process));
  return json;
}

std::string workers_json(const WorkersState& state) {
  const Json json = {{"processes", processes_json(state)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string workers_html(const WorkersState& state) {
  std::string html;
  append_head(html, "workers");
  html +=
      "<main><section><div class=\"bar\"><h2>Workers</h2><p class=\"note\">"
      "<a href=\"?backtrace=1\">with PHP backtraces</a>, <a href=\"?format=json\">as JSON</a></p>"
      "</div>\n<ul>\n";
  for (const ProcessView& process : state.processes) append_summary(html, state, process);
  html +=
      "</ul>\n<div class=\"scroll page\"><table><thead><tr><th>process</th><th>worker</th>"
      "<th>pool</th><th>state</th><th>for</th><th>request (or the last one)</th><th>script</th>"
      "<th>client</th><th>id</th><th>requests</th><th>memory of the last one</th>"
      "<th>last fatal error</th></tr></thead><tbody>\n";
  for (const ProcessView& process : state.processes) {
    for (const WorkerView& worker : process.workers) append_row(html, state, process, worker);
  }
  html += "</tbody></table></div></section></main>\n</body></html>\n";
  return html;
}

}  // namespace tusk::admin
