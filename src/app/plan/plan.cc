#include "app/plan/plan.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "app/plan/development_settings.h"
#include "app/plan/preload_lists.h"

namespace tusk::app::plan {

bool Plan::any_listener_speaks_tls() const {
  return std::ranges::any_of(listeners, &ListenerPlan::speaks_tls);
}

ListenerPlan Plan::listener_at(const config::Address& address,
                               const config::Address& configured) const {
  const auto planned = std::ranges::find_if(listeners, [&](const ListenerPlan& listener) {
    return listener.address.same_place(configured);
  });
  ListenerPlan result = planned != listeners.end() ? *planned : common_listener;
  result.address = address;
  result.speaks_tls = address.speaks_tls(process.has_certificate);
  return result;
}

std::expected<Plan, std::vector<config::Problem>> make_plan(const config::Loaded& loaded) {
  const config::Settings settings = development_settings(loaded.settings);
  std::vector<config::Problem> problems = loaded.errors;
  auto routes = site::SiteRoutes::compile(route_settings(settings));
  if (!routes) {
    for (std::string& line : routes.error()) problems.push_back({.message = std::move(line)});
  }
  // Where there are problems already, this one may be their consequence.
  base::Result<ProcessPlan> process =
      problems.empty() ? process_plan(settings) : base::fail(std::string());
  if (!process && problems.empty()) {
    problems.push_back({.message = std::move(process.error().message)});
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));

  Plan plan;
  plan.process = std::move(*process);
  plan.listeners = listener_plans(settings);
  plan.common_listener = common_listener_plan(settings);
  plan.sites.push_back(
      site_plan(settings, std::make_shared<const site::SiteRoutes>(std::move(*routes))));
  if (!preload_lists(plan.process).empty())
    plan.sites.back().root_switches = files::CurrentRoot::Switches::kIgnore;
  // Workers compress what scripts send. They serve one site, so its policy is theirs.
  for (PoolPlan& pool : plan.process.pools) {
    pool.workers.worker.requests.compression = plan.site().compression;
  }
  return plan;
}

}  // namespace tusk::app::plan
