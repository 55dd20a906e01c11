// The dashboard: the page / for browsers, and /status, which its script asks once a second.
//
// Pure functions of their arguments. Thread: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "admin/workers_page.h"
#include "observe/metrics.h"
#include "observe/scoreboard/event.h"

namespace tusk::admin::dashboard {

struct DashboardState {
  std::string_view status;  // as /ready has it
  std::int64_t now_ms = 0;  // since 1970
  std::uint64_t generation = 1;
  std::uint64_t last_event = 0;
  observe::Snapshot snapshot;
  WorkersState workers;
  std::vector<observe::EventView> events{};  // for the page, in the order of their numbers
  std::vector<std::string_view> pages{};     // the paths of the internal server's pages
};

// The metrics are those of /metrics, by the names of their series.
std::string status_json(const DashboardState& state);
// It can be read without a script: then it shows what was true when it was made.
std::string dashboard_html(const DashboardState& state);

}  // namespace tusk::admin::dashboard
