// The part of Caddy's and FrankenPHP's admin API that Laravel Octane calls (octane:status,
// octane:reload, octane:stop), and the two pages of FrankenPHP that deploy scripts call.
//
// Thread: the loop; what an order comes to is told by another thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/pages.h"
#include "http/request.h"

namespace tusk::admin {

// Null members: the internal server does not have these pages.
struct OctaneOrders {
  // Why the supervisor has not done it; empty: it has.
  using Done = std::move_only_function<void(std::string reason)>;
  // Passes a line of supervisor/control_protocol.h to the supervisor. False: it cannot be passed
  // now, and `done` is not called.
  std::function<bool(std::string line, Done done)> pass;

  struct Script {
    std::string path;
    std::uint64_t workers = 0;
  };
  std::vector<Script> scripts;  // the resident ones
};

// Nothing: it is another page.
//   GET /config/apps/frankenphp         the resident scripts; 200 means that tusk runs
//   PATCH /config/apps/frankenphp       new server processes, whose scripts boot anew; answered
//                                       when they serve
//   POST /frankenphp/workers/restart    the same
//   GET /frankenphp/threads             what each worker does
//   POST /stop                          tusk drains and ends
// Orders are for programs: one that a browser sends is refused, whatever page has made it do so.
std::optional<Page> octane_page(const http::RequestHead& head, std::string_view path,
                                const AdminState& state, const OctaneOrders& orders);

}  // namespace tusk::admin
