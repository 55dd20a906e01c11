// The page /workers of the internal server: what each worker of each server process does now.
//
// Pure functions of their arguments. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>
#include <sys/types.h>

#include "exec/observation/worker_backtraces.h"
#include "observe/scoreboard/process_view.h"

namespace tusk::admin {

struct WorkersState {
  std::vector<observe::ProcessView> processes;
  std::int64_t now_ns = 0;  // of the monotonic clock
  // The PHP backtraces that were taken, of the workers of process `own_pid`. Nothing: none were
  // asked for.
  std::optional<std::vector<exec::observation::WorkerBacktrace>> backtraces{};
  pid_t own_pid = 0;
};

// The list of processes that workers_json() has.
nlohmann::ordered_json processes_json(const WorkersState& state);
std::string workers_json(const WorkersState& state);
// A table that needs no script and nothing from elsewhere.
std::string workers_html(const WorkersState& state);

}  // namespace tusk::admin
