#include "observe/metrics.h"

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

namespace tusk::observe {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Maps a sample's name with labels to its value.
std::map<std::string, double> samples(Metrics& metrics, const Gauges& gauges = {}) {
  std::map<std::string, double> all;
  std::istringstream in(render_prometheus(metrics.snapshot(gauges)));
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#')) continue;
    const std::size_t space = line.rfind(' ');
    EXPECT_NE(space, std::string::npos) << line;
    EXPECT_TRUE(all.emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second)
        << line;
  }
  return all;
}

BuildInfo build() { return {.version = "1.2.3", .php_version = "8.4.24", .executor = "ext"}; }

TEST(Metrics, SumsOverShards) {
  Metrics metrics(build());
  MetricsShard& loop = metrics.add_shard();
  MetricsShard& worker = metrics.add_shard();
  loop.request_done(AnsweredBy::kPhp, 200, microseconds(20));
  worker.request_done(AnsweredBy::kPhp, 204, microseconds(30));
  loop.request_done(AnsweredBy::kStatic, 304, microseconds(1));
  loop.request_done(AnsweredBy::kNone, 404, seconds(1000));
  loop.request_done(AnsweredBy::kNone, 0, -seconds(1));
  loop.add<Metric::kBytesSent>(1000);
  worker.add<Metric::kBytesSent>(500);
  worker.add<Metric::kPhpFatalErrors>();
  loop.queue_rejected(Rejection::kFull);
  loop.queue_rejected(Rejection::kTimeout);
  loop.queue_rejected(Rejection::kFull);

  const auto got = samples(metrics);
  EXPECT_EQ(got.at(R"(tusk_requests_total{handler="php",class="2xx"})"), 2);
  EXPECT_EQ(got.at(R"(tusk_requests_total{handler="static",class="3xx"})"), 1);
  EXPECT_EQ(got.at(R"(tusk_requests_total{handler="none",class="4xx"})"), 1);
  EXPECT_EQ(got.at(R"(tusk_requests_total{handler="none",class="5xx"})"), 1);
  EXPECT_EQ(got.at(R"(tusk_requests_total{handler="php",class="5xx"})"), 0);
  EXPECT_EQ(got.at("tusk_sent_bytes_total"), 1500);
  EXPECT_EQ(got.at("tusk_php_fatal_errors_total"), 1);
  EXPECT_EQ(got.at(R"(tusk_queue_rejected_total{reason="full"})"), 2);
  EXPECT_EQ(got.at(R"(tusk_queue_rejected_total{reason="timeout"})"), 1);
  EXPECT_EQ(got.at("tusk_request_duration_seconds_count"), 5);
  EXPECT_NEAR(got.at("tusk_request_duration_seconds_sum"), 1000.000051, 1e-9);
}

TEST(Metrics, PutsTimesIntoBuckets) {
  Metrics metrics(build());
  MetricsShard& shard = metrics.add_shard();
  shard.queue_waited(microseconds(10));  // a bound is part of its bucket
  shard.queue_waited(microseconds(11));
  shard.queue_waited(milliseconds(700));
  shard.queue_waited(seconds(301));
  const auto got = samples(metrics);
  EXPECT_EQ(got.at(R"(tusk_queue_wait_seconds_bucket{le="1e-05"})"), 1);
  EXPECT_EQ(got.at(R"(tusk_queue_wait_seconds_bucket{le="2.5e-05"})"), 2);
  EXPECT_EQ(got.at(R"(tusk_queue_wait_seconds_bucket{le="0.5"})"), 2);
  EXPECT_EQ(got.at(R"(tusk_queue_wait_seconds_bucket{le="1"})"), 3);
  EXPECT_EQ(got.at(R"(tusk_queue_wait_seconds_bucket{le="300"})"), 3);
  EXPECT_EQ(got.at(R"(tusk_queue_wait_seconds_bucket{le="+Inf"})"), 4);
  EXPECT_EQ(got.at("tusk_queue_wait_seconds_count"), 4);
}

TEST(Metrics, PutsMemoryIntoBucketsOfItsOwn) {
  Metrics metrics(build());
  MetricsShard& shard = metrics.add_shard();
  shard.php_used_memory(std::uint64_t{2} << 20);
  shard.php_used_memory(std::uint64_t{10} << 20);
  shard.php_used_memory(std::uint64_t{3} << 30);
  const auto got = samples(metrics);
  EXPECT_EQ(got.at(R"(tusk_php_memory_peak_bytes_bucket{le="2097152"})"), 1);
  EXPECT_EQ(got.at(R"(tusk_php_memory_peak_bytes_bucket{le="8388608"})"), 1);
  EXPECT_EQ(got.at(R"(tusk_php_memory_peak_bytes_bucket{le="12582912"})"), 2);
  EXPECT_EQ(got.at(R"(tusk_php_memory_peak_bytes_bucket{le="2147483648"})"), 2);
  EXPECT_EQ(got.at(R"(tusk_php_memory_peak_bytes_bucket{le="+Inf"})"), 3);
  EXPECT_EQ(got.at("tusk_php_memory_peak_bytes_sum"), 3.0 * (1 << 30) + 12.0 * (1 << 20));
  EXPECT_FALSE(got.contains(R"(tusk_php_memory_peak_bytes_bucket{le="0.5"})"));
}

TEST(Metrics, ShowsGaugesThatEachThreadSets) {
  Metrics metrics(build());
  MetricsShard& first = metrics.add_shard();
  MetricsShard& second = metrics.add_shard();
  first.set<Metric::kRealpathBytes>(300);
  second.set<Metric::kRealpathBytes>(500);
  second.set<Metric::kRealpathBytes>(50);
  EXPECT_EQ(samples(metrics).at("tusk_realpath_cache_bytes"), 350);
}

TEST(Metrics, ShowsGaugesOfThreads) {
  Metrics metrics(build());
  MetricsShard& first = metrics.add_shard();
  MetricsShard& second = metrics.add_shard();
  first.adjust<Metric::kActiveConnections>(3);
  second.adjust<Metric::kActiveConnections>(-1);
  EXPECT_EQ(samples(metrics).at("tusk_active_connections"), 2);
  second.adjust<Metric::kActiveConnections>(-3);
  EXPECT_EQ(samples(metrics).at("tusk_active_connections"), 0);
}

TEST(Metrics, ShowsWhatOthersKnow) {
  Metrics metrics(build());
  const auto got =
      samples(metrics, {.queue_depth = 7, .queue_capacity = 200, .workers = {0, 1, 3}});
  EXPECT_EQ(got.at("tusk_queue_depth"), 7);
  EXPECT_EQ(got.at("tusk_queue_capacity"), 200);
  EXPECT_EQ(got.at(R"(tusk_workers{state="idle"})"), 1);
  EXPECT_EQ(got.at(R"(tusk_workers{state="busy"})"), 3);
  EXPECT_EQ(got.at(R"(tusk_workers{state="starting"})"), 0);
  EXPECT_EQ(got.at(R"(tusk_info{version="1.2.3",php_version="8.4.24",executor="ext"})"), 1);
  EXPECT_GT(got.at("process_resident_memory_bytes"), 0);
  EXPECT_GT(got.at("process_open_fds"), 0);
  EXPECT_GT(got.at("process_cpu_seconds_total"), 0);
}

TEST(Metrics, ShowsPools) {
  Metrics metrics(build());
  Gauges gauges;
  gauges.pools = {{.name = "default", .queue_depth = 2, .workers = {0, 1, 3}},
                  {.name = "export", .queue_capacity = 9}};
  PoolCounters counters;
  counters.rejected(Rejection::kTimeout);
  counters.recycled(WorkerRecycling::kMemory);
  counters.worker_booted();
  counters.resized(PoolResizing::kShrunk);
  gauges.pools[1].counts = counters.read();
  gauges.pools[1].counts[kPoolRequests] = 5;
  auto got = samples(metrics, gauges);
  got = samples(metrics, gauges);  // a scrape counts nothing twice
  EXPECT_EQ(got.at(R"(tusk_pool_queue_depth{pool="default"})"), 2);
  EXPECT_EQ(got.at(R"(tusk_pool_queue_capacity{pool="export"})"), 9);
  EXPECT_EQ(got.at(R"(tusk_pool_workers{pool="default",state="busy"})"), 3);
  EXPECT_EQ(got.at(R"(tusk_pool_queue_rejected_total{pool="export",reason="timeout"})"), 1);
  EXPECT_EQ(got.at(R"(tusk_pool_queue_rejected_total{pool="default",reason="timeout"})"), 0);
  EXPECT_EQ(got.at(R"(tusk_pool_recycled_workers_total{pool="export",reason="memory"})"), 1);
  EXPECT_EQ(got.at(R"(tusk_pool_boots_total{pool="export"})"), 1);
  EXPECT_EQ(got.at(R"(tusk_pool_boot_failures_total{pool="export"})"), 0);
  EXPECT_EQ(got.at(R"(tusk_pool_resizes_total{pool="export",change="shrunk"})"), 1);
  EXPECT_EQ(got.at(R"(tusk_pool_requests_total{pool="export"})"), 5);
  metrics.board().clear(0);  // the process ends
  got = samples(metrics, {});
  EXPECT_EQ(got.at(R"(tusk_pool_queue_depth{pool="default"})"), 0);
  EXPECT_EQ(got.at(R"(tusk_pool_requests_total{pool="export"})"), 5) << "counters stay";
}

// A reload may name pools differently, again and again.
TEST(Metrics, PoolsOfEarlierProcessesMakeRoom) {
  Metrics metrics(build());
  constexpr std::size_t kReloads = 2 * ProcessFacts::kMostPools;
  std::string last;
  for (std::size_t i = 0; i < kReloads; ++i) {
    last = "app-" + std::to_string(i);
    Gauges gauges;
    gauges.pools = {{.name = "default", .queue_depth = 2}, {.name = last, .queue_depth = 3}};
    gauges.pools[0].counts[kPoolRequests] = gauges.pools[1].counts[kPoolRequests] = i + 1;
    const auto got = samples(metrics, gauges);
    EXPECT_EQ(got.at("tusk_pool_queue_depth{pool=\"" + last + "\"}"), 3);
    EXPECT_EQ(got.at("tusk_pool_requests_total{pool=\"" + last + "\"}"), 1);
    EXPECT_EQ(got.at(R"(tusk_pool_requests_total{pool="default"})"), i + 1);
    metrics.board().clear(0);
  }
}

TEST(Metrics, ShowsOpcache) {
  Metrics metrics(build());
  Gauges gauges;
  gauges.opcache.use = OpcacheUse({1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  gauges.opcache.restarts = {1, 0, 2};
  gauges.opcache.hits = 20;
  const auto got = samples(metrics, gauges);
  EXPECT_EQ(got.at(R"(tusk_opcache_memory_bytes{state="used"})"), 1);
  EXPECT_EQ(got.at(R"(tusk_opcache_memory_bytes{state="wasted"})"), 3);
  EXPECT_EQ(got.at(R"(tusk_opcache_interned_strings_bytes{state="free"})"), 5);
  EXPECT_EQ(got.at("tusk_opcache_scripts"), 6);
  EXPECT_EQ(got.at("tusk_opcache_keys"), 7);
  EXPECT_EQ(got.at("tusk_opcache_max_keys"), 8);
  EXPECT_EQ(got.at(R"(tusk_jit_buffer_bytes{state="used"})"), 9);
  EXPECT_EQ(got.at(R"(tusk_opcache_restarts_total{reason="memory"})"), 1);
  EXPECT_EQ(got.at(R"(tusk_opcache_restarts_total{reason="reset"})"), 2);
  gauges.opcache.hits = 15;  // OPcache was restarted behind our back
  EXPECT_EQ(samples(metrics, gauges).at("tusk_opcache_hits_total"), 20);
}

TEST(Metrics, CountsParseErrorsByStatus) {
  Metrics metrics(build());
  MetricsShard& shard = metrics.add_shard();
  for (const int status : {400, 400, 431, 413, 505, 499, 0}) shard.parse_error(status);
  const auto got = samples(metrics);
  EXPECT_EQ(got.at(R"(tusk_parse_errors_total{status="400"})"), 2);
  EXPECT_EQ(got.at(R"(tusk_parse_errors_total{status="431"})"), 1);
  EXPECT_EQ(got.at(R"(tusk_parse_errors_total{status="413"})"), 1);
  EXPECT_EQ(got.at(R"(tusk_parse_errors_total{status="505"})"), 1);
  EXPECT_EQ(got.at(R"(tusk_parse_errors_total{status="other"})"), 2);
}

TEST(Metrics, AreReadWhileTheyAreCounted) {
  Metrics metrics(build());
  MetricsShard& shard = metrics.add_shard();
  std::jthread counting([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) shard.request_done(AnsweredBy::kPhp, 200, microseconds(15));
  });
  double before = 0;
  for (int i = 0; i < 50; ++i) {
    const double now = samples(metrics).at(R"(tusk_requests_total{handler="php",class="2xx"})");
    EXPECT_GE(now, before);
    before = now;
  }
}

TEST(Metrics, AreAllRendered) {
  Metrics metrics(build());
  const std::string text = render_prometheus(metrics.snapshot(
      {.queue_depth = 0, .queue_capacity = 0, .workers = {0, 1}, .pools = {{.name = "default"}}}));
  std::set<std::string_view> names;
  for (const MetricSpec& spec : kMetrics) {
    EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
    EXPECT_NE(text.find(fmt::format("# HELP {} {}\n", spec.name, spec.help)), std::string::npos)
        << spec.name;
    EXPECT_TRUE(std::regex_search(text, std::regex(fmt::format("\n{}(_bucket)?[ {{]", spec.name))))
        << spec.name << " has no sample";
    // Prometheus's conventions.
    const bool total = spec.name.ends_with("_total");
    EXPECT_EQ(total, spec.type == MetricType::kCounter) << spec.name;
    EXPECT_TRUE(spec.help.ends_with('.')) << spec.name;
  }
}

TEST(Metrics, HaveShardsOnCacheLinesOfTheirOwn) {
  static_assert(alignof(MetricsShard) == 64 && sizeof(MetricsShard) % 64 == 0);
  Metrics metrics(build());
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&metrics.add_shard()) % 64, 0U);
}

TEST(MetricsReference, IsUpToDate) {
  const std::string path = std::string(TUSK_SOURCE_DIR) + "/docs/metrics.md";
  if (::getenv("TUSK_UPDATE_DOCS") != nullptr) std::ofstream(path) << metrics_reference();
  std::ifstream in(path);
  std::stringstream written;
  written << in.rdbuf();
  EXPECT_EQ(written.str(), metrics_reference())
      << "docs/metrics.md differs from the list: run this test with TUSK_UPDATE_DOCS=1";
}

}  // namespace
}  // namespace tusk::observe
