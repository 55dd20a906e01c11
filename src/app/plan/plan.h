// Plan: what tusk serves, and how.
//
// Owner: main. Thread: made by main; constant afterwards, so that any thread may read it.
#pragma once

#include <expected>
#include <vector>

#include "app/plan/listener_plan.h"
#include "app/plan/process_plan.h"
#include "app/plan/site_plan.h"
#include "config/load.h"

namespace tusk::app::plan {

// The values of the configuration, in the form that the code using them takes. `tusk route`,
// `tusk check` and serving work from the same Plan.
//
// Making a Plan opens nothing and needs no PHP: a process without PHP can make and check one. This
// folder links without libphp, and a test proves it.
struct Plan {
  ProcessPlan process;
  std::vector<ListenerPlan> listeners;  // for clients, in the order of `listen`; at least one
  std::vector<SitePlan> sites;          // exactly one until there are virtual hosts

  const SitePlan& site() const { return sites.front(); }
  bool any_listener_speaks_tls() const;

  ListenerPlan common_listener;  // without an address

  // The plan for a socket with this address, which was opened for the `configured` one. A socket
  // that was handed over may have an address that is not in `listen`.
  ListenerPlan listener_at(const config::Address& address, const config::Address& configured) const;
};

// Fails with every problem of the configuration: those that load() found, then those of rules and
// lists of paths, in the order of the file.
std::expected<Plan, std::vector<config::Problem>> make_plan(const config::Loaded& loaded);

}  // namespace tusk::app::plan
