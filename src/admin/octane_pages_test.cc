#include "admin/octane_pages.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tusk::admin {
namespace {

struct OctanePages : testing::Test {
  OctanePages() {
    orders.pass = [this](std::string line, OctaneOrders::Done done) {
      lines.push_back(std::move(line));
      if (!takes_orders) return false;
      done(reason);
      return true;
    };
    orders.scripts.push_back({.path = "/srv/public/frankenphp-worker.php", .workers = 4});
    state.processes = [] {
      observe::ProcessView process;
      process.pid = 7;
      observe::WorkerView& worker = process.workers.emplace_back();
      worker.worker = 1;
      worker.pool = "resident";
      process.workers.back().state = observe::WorkerState::kBusy;
      return std::vector{process};
    };
  }

  std::optional<Page> ask(std::string_view method, std::string_view path,
                          std::string_view field = {}) {
    http::RequestHead head;
    head.method = head.append(method);
    if (!field.empty()) {
      const http::Span name = head.append(field);
      head.fields.push_back({name, head.append("x")});
    }
    return octane_page(head, path, state, orders);
  }
  // Status and body of an order's answer.
  std::string order(std::string_view method, std::string_view path) {
    std::optional<Page> page = ask(method, path);
    if (!page || !page->begin) return "no order";
    std::string body;
    if (!page->begin([&](std::string made) { body = std::move(made); })) return "not begun";
    return std::to_string(*page->chosen_status) + " " + body;
  }

  AdminState state{};
  OctaneOrders orders;
  std::vector<std::string> lines;
  std::string reason;
  bool takes_orders = true;
};

TEST_F(OctanePages, ThereAreNoneWithoutOrders) {
  orders.pass = {};
  EXPECT_FALSE(ask("GET", "/config/apps/frankenphp"));
  EXPECT_FALSE(ask("POST", "/stop"));
}

TEST_F(OctanePages, TheConfigurationNamesTheScripts) {
  const auto page = ask("GET", "/config/apps/frankenphp");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 200);
  const auto workers = nlohmann::json::parse(page->body)["workers"];
  EXPECT_EQ(workers[0]["file_name"], "/srv/public/frankenphp-worker.php");
  EXPECT_EQ(workers[0]["num"], 4);
}

TEST_F(OctanePages, ThreadsAreTheWorkers) {
  const auto threads = nlohmann::json::parse(ask("GET", "/frankenphp/threads")->body);
  EXPECT_EQ(threads["ThreadDebugStates"][0]["State"], "busy");
  EXPECT_EQ(threads["ThreadDebugStates"][0]["Name"], "worker 1 of process 7, pool resident");
}

TEST_F(OctanePages, OrdersGoToTheSupervisor) {
  EXPECT_EQ(order("PATCH", "/config/apps/frankenphp"), "200 ");
  EXPECT_EQ(order("POST", "/frankenphp/workers/restart"), "200 workers restarted successfully\n");
  EXPECT_EQ(order("POST", "/stop"), "200 ");
  EXPECT_EQ(lines, (std::vector<std::string>{"reload new-generation", "reload new-generation",
                                             "stop no-wait"}));
}

TEST_F(OctanePages, ARefusedOrderSaysWhy) {
  reason = "the script does not boot";
  EXPECT_EQ(order("PATCH", "/config/apps/frankenphp"), "500 the script does not boot\n");
  takes_orders = false;
  EXPECT_EQ(order("POST", "/stop"), "not begun");
}

TEST_F(OctanePages, BrowsersOrderNothing) {
  for (const std::string_view field : {"origin", "sec-fetch-site"}) {
    EXPECT_EQ(ask("POST", "/stop", field)->status, 403) << field;
    EXPECT_EQ(ask("PATCH", "/config/apps/frankenphp", field)->status, 403) << field;
  }
  EXPECT_TRUE(lines.empty());
}

TEST_F(OctanePages, OtherMethodsOrderNothing) {
  EXPECT_EQ(ask("GET", "/stop")->status, 405);
  EXPECT_EQ(ask("GET", "/frankenphp/workers/restart")->status, 405);
  EXPECT_EQ(ask("DELETE", "/config/apps/frankenphp")->status, 405);
  EXPECT_EQ(ask("POST", "/frankenphp/threads")->status, 405);
  EXPECT_FALSE(ask("GET", "/metrics"));
}

}  // namespace
}  // namespace tusk::admin
