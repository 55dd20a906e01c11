#include "admin/pages.h"

#include <memory>
#include <string_view>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tusk::admin {
namespace {

AdminState ready_state() {
  return {.accepting = true,
          .draining = false,
          .pools = {{.name = "default", .workers_ready = 2, .workers_total = 2}},
          .now = {},
          .configuration = {},
          .version = "1.2",
          .active_connections = [] { return 5; },
          .snapshot = [] { return observe::Snapshot(); }};
}

TEST(AdminPages, HealthIsOkAlways) {
  AdminState state = ready_state();
  state.now = std::chrono::system_clock::time_point(std::chrono::milliseconds(1700000000005));
  state.generation = 3;
  Page page = render("GET", "/health", state);
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "application/json");
  EXPECT_EQ(nlohmann::json::parse(page.body),
            nlohmann::json::parse(R"({"status": "ok", "timestamp": "2023-11-14T22:13:20.005Z",
                                      "active_connections": 5, "version": "1.2", "generation": 3})"));
  state.draining = true;
  page = render("GET", "/health", state);
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(nlohmann::json::parse(page.body)["status"], "draining");
  state.has_successor = true;
  EXPECT_EQ(nlohmann::json::parse(render("GET", "/health", state).body)["status"], "ok");
}

TEST(AdminPages, ReadySaysWhetherRequestsAreTaken) {
  const auto ask = [](const AdminState& state) {
    const Page page = render("GET", "/ready", state);
    const auto json = nlohmann::json::parse(page.body);
    return std::to_string(page.status) + " " + json["status"].get<std::string>();
  };
  AdminState state = ready_state();
  EXPECT_EQ(ask(state), "200 ready");
  state.pools[0].workers_ready = 1;
  EXPECT_EQ(ask(state), "200 ready");
  state.pools[0].workers_ready = 0;
  EXPECT_EQ(ask(state), "200 ready") << "it was up a moment ago";
  state.pools[0].up = false;
  EXPECT_EQ(ask(state), "503 starting");
  state = ready_state();
  state.accepting = false;
  EXPECT_EQ(ask(state), "503 starting");
  state.draining = true;
  EXPECT_EQ(ask(state), "503 draining");
  state.has_successor = true;
  EXPECT_EQ(ask(state), "200 ready") << "another process serves";
  state = ready_state();
  state.pools[0].workers_lost = 1;
  EXPECT_EQ(ask(state), "200 ready");
  state.pools[0].up = false;
  EXPECT_EQ(ask(state), "503 lost");
  EXPECT_EQ(ask({}), "503 starting");
}

TEST(AdminPages, ReadySaysThatNobodyIsServed) {
  AdminState state = ready_state();
  state.pools[0].requests_waiting = 7;
  state.pools[0].stalled_for = std::chrono::seconds(31);
  const Page page = render("GET", "/ready", state);
  EXPECT_EQ(page.status, 503);
  const auto json = nlohmann::json::parse(page.body);
  EXPECT_EQ(json["status"], "stalled");
  EXPECT_EQ(json["reason"], "requests wait, and no worker takes any");
  EXPECT_EQ(json["requests_waiting"], 7);
  EXPECT_EQ(json["seconds"], 31);
}

TEST(AdminPages, ReadySaysWhichPoolIsNot) {
  AdminState state = ready_state();
  EXPECT_FALSE(render("GET", "/ready", state).body.contains("pool")) << "there is only one";
  state.pools.push_back({.name = "app", .workers_ready = 1, .workers_total = 3});
  auto json = nlohmann::json::parse(render("GET", "/ready", state).body);
  EXPECT_EQ(json["status"], "ready");
  EXPECT_EQ(json["workers_ready"], 3);
  EXPECT_EQ(json["workers_total"], 5);
  EXPECT_FALSE(json.contains("pool"));
  state.pools[1].down = true;
  const Page page = render("GET", "/ready", state);
  EXPECT_EQ(page.status, 503);
  json = nlohmann::json::parse(page.body);
  EXPECT_EQ(json["status"], "down");
  EXPECT_EQ(json["pool"], "app");
  EXPECT_EQ(json["reason"], "its resident script does not boot");
  EXPECT_EQ(json["pools"][0]["status"], "ready");
  EXPECT_EQ(json["pools"][1]["pool"], "app");
  EXPECT_EQ(json["pools"][1]["status"], "down");
  state.pools[1].down = false;
  state.pools[1].cannot_start = true;
  json = nlohmann::json::parse(render("GET", "/ready", state).body);
  EXPECT_EQ(json["status"], "down");
  EXPECT_EQ(json["reason"], "no worker can be started");
}

TEST(AdminPages, MetricsAreRendered) {
  const Page page = render("GET", "/metrics", ready_state());
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(page.later().find("# TYPE tusk_requests_total counter"), std::string::npos);
}

TEST(AdminPages, ProbesNeedNoToken) {
  EXPECT_TRUE(is_open("/health"));
  EXPECT_TRUE(is_open("/ready"));
  for (const char* path : {"/", "/metrics", "/config", "/nothing", "/health/", ""}) {
    EXPECT_FALSE(is_open(path)) << path;
  }
}

TEST(AdminPages, IndexNamesEveryPage) {
  const Page page = render("GET", "/", ready_state(), page_options("", "text/plain"));
  EXPECT_EQ(page.status, 200);
  for (const char* path : {"/health", "/ready", "/metrics", "/backtraces", "/config"}) {
    EXPECT_NE(page.body.find(path), std::string::npos) << path;
  }
}

TEST(AdminPages, TheDashboardAndItsData) {
  const auto events = std::make_unique<observe::RecentEvents>();
  events->add({.kind = observe::EventKind::kCrash, .message = "first"}, 0);
  events->add({.kind = observe::EventKind::kReload, .message = "second"}, 0);
  AdminState state = ready_state();
  state.processes = [] { return std::vector<observe::ProcessView>(); };
  state.events = events.get();
  const Page page = render("GET", "/", state, page_options("", "text/html,*/*"));
  EXPECT_EQ(render("GET", "/", state, page_options("", "*/*")).content_type, page.content_type);
  EXPECT_EQ(render("GET", "/", state, page_options("", "application/json")).content_type,
            "application/json");
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_NE(page.policy.find("script-src 'self';"), std::string::npos);
  EXPECT_EQ(page.policy.find("unsafe"), std::string::npos);
  EXPECT_NE(page.later().find("second"), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(render("GET", "/status", state).later())["last_event"], 2);
  const auto shown = [&](std::string_view query) {
    return nlohmann::json::parse(render("GET", "/events", state, page_options(query, "")).body);
  };
  EXPECT_EQ(shown("format=json")["events"].size(), 2U);
  EXPECT_EQ(shown("format=json&after=1")["events"][0]["message"], "second");
  EXPECT_TRUE(shown("format=json&after=99999999999999999999")["events"].empty());
  for (const char* path : {"/dashboard.js", "/style.css", "/icon.svg"}) {
    EXPECT_EQ(render("GET", path, state).status, 200);
  }
}

TEST(AdminPages, BacktracesAreMadeLater) {
  AdminState state = ready_state();
  state.backtraces = [] {
    exec::observation::WorkerBacktrace taken;
    taken.worker = 3;
    taken.trace.clear(81);
    taken.trace.taken_by = exec::observation::TakenBy::kWhileWaits;
    taken.trace.set_waiting_call("ppoll");
    exec::observation::Backtrace::Frame frame;
    frame.function = taken.trace.store("sl\neep");
    taken.trace.add(frame);
    return std::vector{taken};
  };
  const Page page = render("GET", "/backtraces", state);
  EXPECT_EQ(page.content_type, "application/json");
  const std::string body = page.later();
  EXPECT_NE(body.find(R"("worker":3,"request":81,"waits_in":"ppoll")"), std::string::npos) << body;
  EXPECT_NE(body.find(R"x(["#0 [internal] sl\\neep()"])x"), std::string::npos) << body;
}

TEST(AdminPages, RefusesTheRest) {
  for (const char* path : {"/nothing", "/health/", "/HEALTH", "", "*", "/metrics?x"}) {
    EXPECT_EQ(render("GET", path, ready_state()).status, 404) << path;
  }
  for (const char* method : {"POST", "OPTIONS", "get", "DELETE"}) {
    const Page page = render(method, "/health", ready_state());
    EXPECT_EQ(page.status, 405) << method;
    EXPECT_EQ(page.allow, "GET, HEAD");
  }
  EXPECT_EQ(render("POST", "/nothing", ready_state()).status, 404);
  EXPECT_EQ(render("HEAD", "/health", ready_state()).status, 200);
}

}  // namespace
}  // namespace tusk::admin
