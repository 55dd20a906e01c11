#include "supervisor/status.h"

#include <algorithm>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "net/listener.h"

namespace tusk::supervisor {

namespace {

std::int64_t seconds_since(base::MonotonicTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(base::now() - time).count();
}

nlohmann::json process_json(const ProcessState& process,
                            const std::vector<ProcessStatus>& statuses) {
  nlohmann::json json = {{"pid", process.pid}, {"phase", to_string(process.phase)}};
  if (process.recycling) json["recycling"] = recycling::to_string(*process.recycling);
  const auto status = std::ranges::find(statuses, process.pid, &ProcessStatus::pid);
  if (status == statuses.end()) return json;
  json["uptime_seconds"] = seconds_since(status->started);
  if (!status->counts) return json;
  json["workers"] = {{"busy", status->counts->busy},
                     {"idle", status->counts->idle},
                     {"other", status->counts->other}};
  json["requests"] = status->counts->requests;
  return json;
}

nlohmann::json generation_json(const Generation& generation,
                               const std::vector<ProcessStatus>& statuses) {
  nlohmann::json processes = nlohmann::json::array();
  for (const ProcessState& process : generation.processes()) {
    processes.push_back(process_json(process, statuses));
  }
  nlohmann::json json = {{"generation", generation.number()},
                         {"ready", generation.ready()},
                         {"draining", generation.draining()},
                         {"processes", std::move(processes)}};
  if (generation.ready()) json["seconds_since_ready"] = seconds_since(generation.ready_since());
  return json;
}

// How many processes were replaced, by reason.
nlohmann::json recyclings_json(const SupervisorState& state) {
  nlohmann::json counts = nlohmann::json::object();
  for (std::size_t i = 0; i < state.recyclings.size(); ++i) {
    counts[std::string(observe::kProcessRecyclings[i])] = state.recyclings[i];
  }
  return counts;
}

nlohmann::json listeners_json(const BoundSockets& sockets) {
  nlohmann::json listeners = nlohmann::json::array();
  for (const auto& bound : sockets) {
    for (const net::Listener& listener : bound->listeners) {
      listeners.push_back({{"address", config::to_string(listener.address())},
                           {"internal", bound->name == kInternalName}});
    }
  }
  return listeners;
}

}  // namespace

std::string status_json(const SupervisorState& state) {
  nlohmann::json generations = nlohmann::json::array();
  generations.push_back(generation_json(*state.current, state.processes));
  for (const Generation* const other : state.others) {
    generations.push_back(generation_json(*other, state.processes));
  }
  const nlohmann::json json = {{"state", state.state},
                               {"version", TUSK_VERSION},
                               {"pid", ::getpid()},
                               {"uptime_seconds", seconds_since(state.started)},
                               {"generation", state.current->number()},
                               {"generations", std::move(generations)},
                               {"recycled", recyclings_json(state)},
                               {"listeners", listeners_json(state.current->sockets())}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace tusk::supervisor
