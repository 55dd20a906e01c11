#include "console/top/metrics_sample.h"

#include <gtest/gtest.h>

namespace tusk::console::top {
namespace {

constexpr base::MonotonicTime kBegin{std::chrono::seconds(100)};
constexpr base::MonotonicTime kEnd{std::chrono::seconds(102)};

MetricsSample before() {
  return {
      "# HELP tusk_requests_total x\n"
      "tusk_requests_total{handler=\"php\",class=\"2xx\"} 100\n"
      "tusk_requests_total{handler=\"static\",class=\"2xx\"} 10\n"
      "tusk_request_duration_seconds_bucket{le=\"0.1\"} 5\n"
      "tusk_request_duration_seconds_bucket{le=\"1\"} 5\n"
      "tusk_request_duration_seconds_bucket{le=\"+Inf\"} 5\n",
      kBegin};
}

MetricsSample after() {
  return {
      "tusk_requests_total{handler=\"php\",class=\"2xx\"} 140\n"
      "tusk_requests_total{handler=\"static\",class=\"2xx\"} 12\n"
      "tusk_requests_total{handler=\"none\",class=\"5xx\"} 4\n"
      "tusk_request_duration_seconds_bucket{le=\"0.1\"} 65\n"
      "tusk_request_duration_seconds_bucket{le=\"1\"} 103\n"
      "tusk_request_duration_seconds_bucket{le=\"+Inf\"} 105\n"
      "tusk_workers{state=\"busy\"} 3\ntusk_workers{state=\"idle\"} 5\n"
      "tusk_queue_depth 7\n",
      kEnd};
}

TEST(MetricsSample, TellsRatesBetweenTwo) {
  const MetricsSample one = before();
  const Overview overview = overview_of(&one, after());
  EXPECT_DOUBLE_EQ(overview.requests, 23);
  EXPECT_DOUBLE_EQ(overview.by_class[1], 21);
  EXPECT_DOUBLE_EQ(overview.by_class[4], 2);
  EXPECT_DOUBLE_EQ(overview.workers_busy, 3);
  EXPECT_DOUBLE_EQ(overview.workers_idle, 5);
  EXPECT_DOUBLE_EQ(overview.queue_depth, 7);
  EXPECT_FALSE(overview.queue_wait);
  EXPECT_DOUBLE_EQ(overview_of(nullptr, after()).requests, 0);
}

TEST(MetricsSample, FindsPercentilesInBuckets) {
  const auto found = percentiles(before(), after(), "tusk_request_duration_seconds");
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->seconds[0], 0.1 * 50 / 60, 1e-9);
  EXPECT_NEAR(found->seconds[1], 0.1 + 0.9 * 30 / 38, 1e-9);
  // Beyond the last bound: that is all one knows.
  EXPECT_NEAR(found->seconds[2], 1, 1e-9);
  EXPECT_FALSE(percentiles(after(), after(), "tusk_request_duration_seconds"));
  EXPECT_FALSE(percentiles(before(), after(), "nothing"));
}

TEST(MetricsSample, CountersThatBeginAgainAreNoRate) {
  const MetricsSample late = after();
  EXPECT_DOUBLE_EQ(overview_of(&late, {"tusk_requests_total 1\n", kEnd}).requests, 0);
  const MetricsSample junk("x\n\ny z\ntusk_queue_depth NaN\n{ 1\ntusk_queue_depth 3", kEnd);
  EXPECT_DOUBLE_EQ(junk.sum("tusk_queue_depth"), 3);
}

}  // namespace
}  // namespace tusk::console::top
