#include "admin/workers_page.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "admin/pages.h"

namespace tusk::admin {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

observe::WorkerView busy_worker() {
  observe::WorkerView worker;
  worker.worker = 3;
  worker.state = observe::WorkerState::kBusy;
  worker.requests = 7;
  worker.started_ns = 10 * kSecond;
  worker.request_id = "42";
  worker.method = "GET";
  worker.host = "example.org";
  worker.path = "/a<script>";
  worker.client = "192.0.2.1";
  worker.script = "/srv/a.php";
  return worker;
}

observe::WorkerView idle_worker() {
  observe::WorkerView worker = busy_worker();
  worker.worker = 4;
  worker.pool = "export";
  worker.state = observe::WorkerState::kIdle;
  worker.path = "/before";
  worker.last_memory_bytes = 2 << 20;
  worker.last_fatal_error = "Uncaught \"x\" & 'y' \xff\x01";
  return worker;
}

WorkersState one_process() {
  observe::ProcessView process;
  process.pid = 100;
  process.generation = 2;
  process.phase = observe::ProcessPhase::kServing;
  process.workers = {busy_worker(), idle_worker()};
  process.loops = {{.last_turn_ns = 12 * kSecond, .connections = 5}, {.last_turn_ns = kSecond}};
  return {.processes = {process}, .now_ns = 12 * kSecond + kSecond / 2};
}

TEST(WorkersPage, ShowsWhatRunsAsJson) {
  const auto json = nlohmann::json::parse(workers_json(one_process()));
  const auto& process = json["processes"][0];
  EXPECT_EQ(process["pid"], 100);
  EXPECT_EQ(process["phase"], "serving");
  const auto& busy = process["workers"][0];
  EXPECT_EQ(busy["state"], "busy");
  EXPECT_EQ(busy["request"]["path"], "/a<script>");
  EXPECT_EQ(busy["request"]["seconds"], 2.5);
  EXPECT_TRUE(busy["last_fatal_error"].is_null());
  const auto& idle = process["workers"][1];
  EXPECT_TRUE(idle["request"].is_null());
  EXPECT_EQ(idle["pool"], "export");
  EXPECT_EQ(idle["last_request"]["path"], "/before");
  EXPECT_EQ(idle["last_memory_bytes"], 2 << 20);
  EXPECT_EQ(process["loops"][0]["state"], "runs");
  EXPECT_EQ(process["loops"][0]["connections"], 5);
  EXPECT_EQ(process["loops"][1]["state"], "stuck");
}

TEST(WorkersPage, IsATableForPeople) {
  const std::string html = workers_html(one_process());
  EXPECT_NE(html.find("<td>GET example.org/a&lt;script&gt;</td>"), std::string::npos) << html;
  EXPECT_NE(html.find("<td>2.5 s</td>"), std::string::npos) << html;
  EXPECT_NE(html.find("<td>2.0 MiB</td>"), std::string::npos) << html;
  EXPECT_NE(html.find("&quot;x&quot; &amp; &#39;y&#39;"), std::string::npos) << html;
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find('\x01'), std::string::npos);
}

TEST(WorkersPage, ABootIsNoRequest) {
  WorkersState state = one_process();
  observe::WorkerView& worker = state.processes[0].workers[0];
  worker = {};
  worker.state = observe::WorkerState::kBooting;
  worker.started_ns = 10 * kSecond;
  worker.script = "/srv/resident.php";
  const auto json = nlohmann::json::parse(workers_json(state))["processes"][0]["workers"][0];
  EXPECT_EQ(json["state"], "booting");
  EXPECT_EQ(json["boot"]["script"], "/srv/resident.php");
  EXPECT_EQ(json["boot"]["seconds"], 2.5);
  EXPECT_TRUE(json["request"].is_null());
  EXPECT_TRUE(json["last_request"].is_null());
  EXPECT_NE(workers_html(state).find("<td>booting</td><td>2.5 s</td><td></td>"
                                     "<td>/srv/resident.php</td>"),
            std::string::npos);
  // It has booted and had no request yet.
  worker.state = observe::WorkerState::kIdle;
  const auto idle = nlohmann::json::parse(workers_json(state))["processes"][0]["workers"][0];
  EXPECT_TRUE(idle["boot"].is_null());
  EXPECT_TRUE(idle["last_request"].is_null());
}

TEST(WorkersPage, ShowsBacktracesOfItsOwnProcess) {
  WorkersState state = one_process();
  exec::observation::WorkerBacktrace other;
  other.worker = 3;
  other.request_id = "41";
  other.trace.add({.scope = {}, .function = other.trace.store("other"), .file = {}});
  exec::observation::WorkerBacktrace right;
  right.worker = 3;
  right.request_id = "42";
  right.trace.add({.scope = {}, .function = right.trace.store("right"), .file = {}});
  state.backtraces = {other, right};
  state.own_pid = 100;
  auto json = nlohmann::json::parse(workers_json(state));
  EXPECT_EQ(json["processes"][0]["workers"][0]["backtrace"][0], "#0 [internal] right()");
  EXPECT_FALSE(json["processes"][0]["workers"][1].contains("backtrace"));
  EXPECT_NE(workers_html(state).find("<pre>#0 [internal] right()\n</pre>"), std::string::npos);
  state.own_pid = 101;
  json = nlohmann::json::parse(workers_json(state));
  EXPECT_FALSE(json["processes"][0]["workers"][0].contains("backtrace"));
}

TEST(WorkersPage, HasTheFormThatIsAskedFor) {
  EXPECT_FALSE(page_options("", "text/html,application/json;q=0.5").json);
  EXPECT_FALSE(page_options("", "*/*").json);
  EXPECT_TRUE(page_options("", "application/json").json);
  EXPECT_TRUE(page_options("x=1&format=json", "").json);
  EXPECT_FALSE(page_options("xformat=json&", "").json);
  EXPECT_TRUE(page_options("backtrace=1&format=json", "").backtraces);
}

}  // namespace
}  // namespace tusk::admin
