// ListenerPlan: the plan of one listener.
//
// Thread: any; a value.
#pragma once

#include <memory>
#include <vector>

#include "clients/trusted_proxies.h"
#include "config/settings.h"
#include "net/listener.h"
#include "server/connection_limits.h"

namespace tusk::app::plan {

// One address to serve on, and what holds for the connections that come in there.
struct ListenerPlan {
  config::Address address;  // as it is configured
  net::ListenOptions socket;
  bool speaks_tls = false;
  server::ConnectionLimits limits;  // without the counters of used memory
  // Shared: every loop has a socket for this address, and addresses without options of their own
  // trust the same proxies.
  std::shared_ptr<const clients::TrustedProxies> trusted_proxies;
  std::shared_ptr<const clients::TrustedProxies> proxy_protocol;
  bool access_log = false;
};

// The plan of an address that is not in `listen`: it has the options of the whole process.
ListenerPlan common_listener_plan(const config::Settings& settings);

// One plan for each address of `listen`, in this order.
std::vector<ListenerPlan> listener_plans(const config::Settings& settings);

}  // namespace tusk::app::plan
