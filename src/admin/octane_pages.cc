#include "admin/octane_pages.h"

#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/clock.h"

namespace tusk::admin {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kConfiguration = "/config/apps/frankenphp";
constexpr std::string_view kRestart = "/frankenphp/workers/restart";
constexpr std::string_view kThreads = "/frankenphp/threads";
constexpr std::string_view kStop = "/stop";

Page page(int status, std::string_view type, std::string body) {
  Page made;
  made.status = status;
  made.content_type = type;
  made.body = std::move(body);
  return made;
}

Page json_page(const Json& content) {
  return page(200, kJson, content.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

Page refused(std::string_view allowed) {
  Page made = page(405, kText, "method not allowed\n");
  made.allow = allowed;
  return made;
}

// Caddy's, which Octane sends back with PATCH. Nobody reads it here.
Page configuration(const OctaneOrders& orders) {
  Json workers = Json::array();
  for (const OctaneOrders::Script& script : orders.scripts)
    workers.push_back({{"file_name", script.path}, {"num", script.workers}});
  return json_page({{"workers", std::move(workers)}});
}

std::string_view name_of(observe::WorkerState state) {
  switch (state) {
    case observe::WorkerState::kIdle:
      return "ready";
    case observe::WorkerState::kBusy:
      return "busy";
    case observe::WorkerState::kStarting:
    case observe::WorkerState::kBooting:
      return "booting";
    default:
      return "done";
  }
}

Page threads(const AdminState& state) {
  Json list = Json::array();
  for (const observe::ProcessView& process : state.processes()) {
    for (const observe::WorkerView& worker : process.workers) {
      list.push_back({{"Index", list.size()},
                      {"Name", "worker " + std::to_string(worker.worker) + " of process " +
                                   std::to_string(process.pid) + ", pool " + worker.pool},
                      {"State", name_of(worker.state)},
                      {"IsWaiting", worker.state == observe::WorkerState::kIdle},
                      {"IsBusy", worker.state == observe::WorkerState::kBusy}});
    }
  }
  return json_page({{"ThreadDebugStates", std::move(list)}, {"ReservedThreadCount", 0}});
}

bool comes_from_browser(const http::RequestHead& head) {
  return !head.find("origin").empty() || !head.find("sec-fetch-site").empty();
}

Page order(const http::RequestHead& head, std::string line, std::string answer,
           const OctaneOrders& orders) {
  if (comes_from_browser(head)) return page(403, kText, "refused: orders are not for browsers\n");
  Page made = page(200, kText, {});
  made.chosen_status = std::make_shared<int>(made.status);
  made.begin = [pass = orders.pass, line = std::move(line), answer = std::move(answer),
                status = made.chosen_status](Page::Done done) mutable {
    return pass(std::move(line), [done = std::move(done), answer = std::move(answer),
                                  status = std::move(status)](std::string reason) mutable {
      if (!reason.empty()) *status = 500;
      done(reason.empty() ? std::move(answer) : reason + "\n");
    });
  };
  return made;
}

}  // namespace

std::optional<Page> octane_page(const http::RequestHead& head, std::string_view path,
                                const AdminState& state, const OctaneOrders& orders) {
  if (!orders.pass) return std::nullopt;
  const std::string_view method = head.view(head.method);
  const bool reads = method == "GET" || method == "HEAD";
  if (path == kConfiguration && reads) return configuration(orders);
  if (path == kConfiguration && method == "PATCH")
    return order(head, "reload new-generation", {}, orders);
  if (path == kConfiguration) return refused("GET, HEAD, PATCH");
  if (path == kThreads) return reads ? threads(state) : refused("GET, HEAD");
  if (path != kRestart && path != kStop) return std::nullopt;
  if (method != "POST") return refused("POST");
  if (path == kStop) return order(head, "stop no-wait", {}, orders);
  return order(head, "reload new-generation", "workers restarted successfully\n", orders);
}

}  // namespace tusk::admin
