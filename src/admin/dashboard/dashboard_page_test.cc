#include "admin/dashboard/dashboard_page.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "admin/dashboard/assets.h"
#include "admin/dashboard/metric_values.h"

namespace tusk::admin::dashboard {
namespace {

DashboardState state_of_hostile_worker() {
  DashboardState state;
  state.status = "ready";
  state.now_ms = 1'700'000'000'000;
  state.last_event = 4;
  state.snapshot.build = {.version = "1.2", .php_version = "8.4.1", .executor = "ext"};
  state.snapshot.slots[observe::slot_of(observe::Metric::kRequests) + 1] = 1234;
  state.pages = {"/workers", "/metrics"};
  observe::ProcessView process;
  process.pid = 77;
  observe::WorkerView worker;
  worker.state = observe::WorkerState::kBusy;
  worker.requests = 1;
  worker.method = "GET";
  worker.path = "/<script>alert(1)</script>{{totals}}";
  worker.last_fatal_error = "<b>\xff";
  process.workers = {worker};
  state.workers.processes = {process};
  return state;
}

TEST(MetricValues, FindsSeriesByNameAndLabel) {
  const MetricValues values(
      "# HELP a_total x\n# TYPE a_total counter\na_total{x=\"1\"} 3\na_total{x=\"2\"} 4\n"
      "a_total_more 100\nb NaN\nc 1.5e3\n");
  EXPECT_EQ(values.total("a_total"), 7);
  EXPECT_EQ(values.total("a_total", "x=\"2\""), 4);
  EXPECT_EQ(values.total("nothing"), 0);
  EXPECT_EQ(values.total("c"), 1500);
  EXPECT_EQ(values.all().size(), 4U);
}

TEST(MetricValues, EstimatesQuantilesInsideBuckets) {
  const MetricValues values(
      "h_count 100\nh_sum 1\nh_bucket{le=\"0.1\"} 0\nh_bucket{le=\"0.2\"} 50\n"
      "h_bucket{le=\"0.4\"} 90\nh_bucket{le=\"+Inf\"} 100\ng_count 0\ng_bucket{le=\"+Inf\"} 0\n");
  EXPECT_DOUBLE_EQ(values.quantile("h", 0.25), 0.15);
  EXPECT_DOUBLE_EQ(values.quantile("h", 0.5), 0.2);
  EXPECT_DOUBLE_EQ(values.quantile("h", 0.7), 0.3);
  EXPECT_DOUBLE_EQ(values.quantile("h", 0.99), 0.4);
  EXPECT_LT(values.quantile("g", 0.5), 0);
  EXPECT_LT(values.quantile("nothing", 0.5), 0);
}

TEST(Dashboard, StatusHasWhatTheScriptDraws) {
  const auto json = nlohmann::json::parse(status_json(state_of_hostile_worker()));
  EXPECT_EQ(json["time_ms"], 1'700'000'000'000);
  EXPECT_EQ(json["status"], "ready");
  EXPECT_EQ(json["version"], "1.2");
  EXPECT_EQ(json["last_event"], 4);
  EXPECT_EQ(json["pages"].size(), 2U);
  EXPECT_EQ(json["metrics"]["tusk_requests_total{handler=\"php\",class=\"2xx\"}"], 1234);
  EXPECT_TRUE(json["metrics"].contains("tusk_request_duration_seconds_bucket{le=\"+Inf\"}"));
  EXPECT_EQ(json["processes"][0]["workers"][0]["request"]["path"],
            "/<script>alert(1)</script>{{totals}}");
}

TEST(Dashboard, CanBeReadWithoutItsScript) {
  const std::string html = dashboard_html(state_of_hostile_worker());
  EXPECT_NE(html.find("<dd>1,234</dd>"), std::string::npos);
  EXPECT_NE(html.find("1.2 · PHP 8.4.1"), std::string::npos);
  EXPECT_NE(html.find("<a href=\"/workers\">workers</a>"), std::string::npos);
  EXPECT_EQ(html.find("/config"), std::string::npos);
  // The only script is the page's own, and what a request has named is not replaced.
  EXPECT_EQ(html.find("<script"), html.rfind("<script"));
  EXPECT_NE(html.find("/&lt;script&gt;alert(1)&lt;/script&gt;{{totals}}"), std::string::npos);
  EXPECT_EQ(html.find("<b>"), std::string::npos);
}

TEST(Dashboard, IsSmall) {
  EXPECT_LT(kPage.size() + kScript.size() + kStyle.size() + kIcon.size(), 32U * 1024);
}

}  // namespace
}  // namespace tusk::admin::dashboard
