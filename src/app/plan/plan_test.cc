#include "app/plan/plan.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/test_directory.h"
#include "config/flags.h"

namespace tusk::app::plan {
namespace {

class PlanTest : public testing::Test {
 protected:
  // Another user than root's can enter it.
  PlanTest() { ::chmod(directory_.path().c_str(), 0755); }

  config::Loaded load(const std::vector<std::string>& args) {
    return config::load({.flags = config::parse_flags(args, {}).assignments,
                         .environment = {},
                         .working_directory = directory_.path(),
                         .machine = {.cpu_cores = 4, .open_files = 1000}});
  }

  Plan plan(const std::vector<std::string>& args) {
    const config::Loaded loaded = load(args);
    auto made = make_plan(loaded);
    EXPECT_TRUE(made) << made.error().front().message;
    return made ? std::move(*made) : Plan{};
  }

  base::TestDirectory directory_;
};

TEST_F(PlanTest, HasOneSiteAndAListenerForEachAddress) {
  const Plan made = plan({"--listen=:8080,127.0.0.1:80,unix:/tmp/tusk.sock", "--workers=3"});
  ASSERT_EQ(made.listeners.size(), 3U);
  EXPECT_EQ(made.listeners[0].address.port, 8080);
  EXPECT_EQ(made.listeners[1].address.host, "127.0.0.1");
  EXPECT_EQ(made.listeners[2].address.path, "/tmp/tusk.sock");
  ASSERT_EQ(made.sites.size(), 1U);
  EXPECT_EQ(made.site().document_root, directory_.path());
  EXPECT_EQ(made.process.pools.front().workers.workers, 3);
  EXPECT_EQ(made.process.responses.workers, 3U);
}

TEST_F(PlanTest, WorkersHaveTheServersUserUnlessTheyHaveTheirOwn) {
  using base::process::Keep;
  using base::process::UserAndGroup;
  directory_.write("t.toml", R"([[pool]]
name = "own"
match = "/own/*"
user = "daemon"
)");
  const Plan made = plan({"--engine=processes", "--user=nobody", "--group=0", "--config=t.toml"});
  EXPECT_EQ(made.process.user, (UserAndGroup{.user = "nobody", .group = "0"}));
  EXPECT_EQ(made.process.pools[0].user, made.process.user);
  EXPECT_EQ(made.process.pools[1].user, (UserAndGroup{.user = "daemon", .group = {}}));
  EXPECT_EQ(made.process.kept_rights(), Keep::kUserChange);
  const Plan same = plan({"--engine=processes", "--user=nobody"});
  EXPECT_EQ(same.process.kept_rights(), Keep::kNothing);
  EXPECT_EQ(plan({"--engine=processes"}).process.pools[0].user, UserAndGroup{});
  const Plan group = plan({"--engine=processes", "--user=nobody", "--worker-group=daemon"});
  EXPECT_EQ(group.process.pools[0].user, (UserAndGroup{.user = "nobody", .group = "daemon"}));
}

TEST_F(PlanTest, HasAPlanForEachPool) {
  directory_.write("app.php", "<?php");
  directory_.write("t.toml", R"(php_workers = 3
[[pool]]
name = "export"
match = "/export/*"
workers = 2
queue_timeout = 60
request_timeout = 600
max_memory = "64M"
[[pool]]
name = "app"
script = "app.php"
min = 2
max = 5
queue = 7
env.A = "b"
php.memory_limit = "1G"
)");
  const Plan made = plan({"--config=t.toml", "--max-lost-workers=4"});
  ASSERT_EQ(made.process.pools.size(), 3U);
  EXPECT_EQ(made.process.workers(), 10U);
  EXPECT_EQ(made.process.php->threads, 10);
  const PoolPlan& first = made.process.pools[0];
  EXPECT_EQ(first.scripts.pool, "default");
  EXPECT_EQ(first.workers.max_workers, 3);
  EXPECT_EQ(first.queue_capacity, 300U);
  const PoolPlan& exports = made.process.pools[1];
  EXPECT_EQ(exports.scripts.resident_script, "");
  EXPECT_EQ(exports.workers.first_worker, 3);
  EXPECT_EQ(exports.workers.max_workers, 2);
  EXPECT_EQ(exports.workers.max_lost, 2U);
  EXPECT_EQ(exports.workers.worker.memory_limit, 64U << 20);
  EXPECT_EQ(exports.queue_timeout, std::chrono::seconds(60));
  EXPECT_EQ(exports.scripts.request_limit, std::chrono::seconds(600));
  const PoolPlan& app = made.process.pools[2];
  EXPECT_EQ(app.scripts.pool, "app");
  EXPECT_EQ(app.scripts.request_limit, std::chrono::minutes(5));
  EXPECT_EQ(app.scripts.resident_script, directory_.path() + "/app.php");
  EXPECT_EQ(app.scripts.document_root, directory_.path());
  EXPECT_EQ(app.scripts.environment.front().second, "b");
  EXPECT_EQ(app.scripts.directives.front().first, "memory_limit");
  EXPECT_EQ(app.workers.first_worker, 5);
  EXPECT_EQ(app.workers.workers, 2);
  EXPECT_EQ(app.workers.max_workers, 5);
  EXPECT_EQ(app.workers.max_lost, 4U);
  EXPECT_EQ(app.workers.cooling_time, std::chrono::seconds(60));
  EXPECT_EQ(app.queue_capacity, 7U);
  EXPECT_EQ(made.site().routes->pools[1].match, std::vector<std::string>{"/export/*"});
  EXPECT_EQ(made.site().routes->pools[2].script_name, "/app.php");
}

TEST_F(PlanTest, FailsWithEveryProblem) {
  directory_.write("t.toml", "run_scripts = [\"[\"]\n[[rules]]\nregex = \"(\"\ndeny = true\n");
  const auto made = make_plan(load({"--config=t.toml", "--workers=x"}));
  ASSERT_FALSE(made);
  ASSERT_EQ(made.error().size(), 3U);
  EXPECT_EQ(made.error()[0].message.substr(0, 11), "--workers: ");
  EXPECT_NE(made.error()[1].message.find("t.toml:2: "), std::string::npos);
  EXPECT_EQ(made.error()[2].message.substr(0, 13), "run_scripts: ");
}

TEST_F(PlanTest, CompilesRulesOnceForAllLoops) {
  const Plan made = plan({"--io-threads=8", "--denied-files=*.bak"});
  const base::Result<site::Site> first = open_site(made.site());
  const base::Result<site::Site> second = open_site(made.site());
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->routes.get(), second->routes.get());
  EXPECT_TRUE(first->routes->denied_files.contains("/a.bak"));
}

TEST_F(PlanTest, OpensNothing) {
  const Plan made = plan({"--tls-self-signed", "--listen=:1"});
  std::filesystem::remove_all(directory_.path());
  EXPECT_FALSE(open_site(made.site()));
}

TEST_F(PlanTest, ListenersSpeakTlsAsTheirAddressesSay) {
  const Plan made = plan({"--tls-self-signed", "--listen=:443,:80,http://:8443,unix:/tmp/t.sock"});
  const auto speaks = [&](std::size_t i) { return made.listeners.at(i).speaks_tls; };
  EXPECT_TRUE(speaks(0));
  EXPECT_FALSE(speaks(1));
  EXPECT_FALSE(speaks(2));
  EXPECT_FALSE(speaks(3));
  EXPECT_TRUE(made.any_listener_speaks_tls());
  EXPECT_FALSE(plan({"--listen=:443"}).any_listener_speaks_tls());
}

// The address of a socket that was handed over need not be in `listen`.
TEST_F(PlanTest, ASocketOfAnotherAddressHasTheOptionsOfTheProcess) {
  const Plan made =
      plan({"--listen=:8080,proxy_protocol=private", "--tls-self-signed", "--body-min-rate=7"});
  const auto address = config::parse_address("127.0.0.1:80");
  ASSERT_TRUE(address);
  const ListenerPlan listener = made.listener_at(*address, *address);
  EXPECT_FALSE(listener.proxy_protocol->trusts({"127.0.0.1", 1}));
  EXPECT_EQ(listener.address, *address);
  EXPECT_EQ(listener.limits.body_min_rate, 7U);
  EXPECT_FALSE(listener.speaks_tls);
  const config::Address& first = made.listeners[0].address;
  EXPECT_TRUE(made.listener_at(first, first).speaks_tls);
}

TEST_F(PlanTest, AListenerMayTrustOthersThanTheRest) {
  const net::Endpoint balancer{"10.0.0.1", 1};
  const net::Endpoint local{"127.0.0.1", 1};
  const Plan made = plan({"--trusted-proxies=10.0.0.1", "--proxy-protocol=10.0.0.1,127.0.0.1",
                          "--listen=:1,localhost:2,proxy_protocol=off,trusted_proxies=127.0.0.1",
                          "--listen=:3,trusted_headers=X-Forwarded-Host"});
  ASSERT_EQ(made.listeners.size(), 3U);
  const ListenerPlan& own = made.listeners[1];
  EXPECT_TRUE(made.listeners[0].proxy_protocol->trusts(local));
  EXPECT_FALSE(own.proxy_protocol->trusts(local));
  EXPECT_TRUE(own.trusted_proxies->trusts(local));
  EXPECT_FALSE(own.trusted_proxies->trusts(balancer));
  EXPECT_EQ(own.trusted_proxies->fields(), http::ForwardedFields());
  const http::ForwardedFields host_alone{.client = false, .scheme = false, .host = true};
  EXPECT_EQ(made.listeners[2].trusted_proxies->fields(), host_alone);
  EXPECT_TRUE(made.listeners[2].trusted_proxies->trusts(balancer));
  EXPECT_TRUE(made.listeners[2].proxy_protocol->trusts(local));
  // A host name's sockets have other addresses, the options are those of the name.
  const ListenerPlan found = made.listener_at(*config::parse_address("127.0.0.1:2"),
                                              *config::parse_address("localhost:2"));
  EXPECT_FALSE(found.proxy_protocol->trusts(local));
}

TEST_F(PlanTest, TheStubExecutorNeedsNoPhp) {
  EXPECT_FALSE(plan({"--executor=stub"}).process.php);
  const Plan made = plan({"--executor=php", "--workers=2", "-d", "memory_limit=1M",
                          "--sapi-name=litespeed", "--request-timeout=7"});
  ASSERT_TRUE(made.process.php);
  const php::Settings& php = *made.process.php;
  EXPECT_EQ(php.method, php::Method::kEvaluate);
  EXPECT_EQ(php.threads, 2);
  EXPECT_EQ(php.sapi_name, "litespeed");
  EXPECT_EQ(made.process.pools.front().scripts.request_limit, std::chrono::seconds(7));
  ASSERT_EQ(php.directives.size(), 1U);
  EXPECT_EQ(php.directives[0].name, "memory_limit");
  EXPECT_EQ(php.document_root, directory_.path());
  ASSERT_FALSE(php.info.empty());
  EXPECT_EQ(php.info[0].name, "executor");
  EXPECT_EQ(php.info[0].value, "php");
  for (const php::InfoRow& row : php.info) {
    EXPECT_FALSE(row.name.starts_with("tls_") || row.name.starts_with("listen")) << row.name;
  }
}

TEST_F(PlanTest, WorkersCompressAsTheirSiteSays) {
  const Plan made = plan({"--compression=gzip", "--gzip-level=9"});
  EXPECT_EQ(made.site().compression.levels.gzip, 9);
  EXPECT_EQ(made.process.pools.front().workers.worker.requests.compression.levels.gzip, 9);
  EXPECT_EQ(made.site().file_loader.compression.scripts, std::vector{http::ContentCoding::kGzip});
}

TEST_F(PlanTest, HttpsPolicyIsTheSites) {
  const Plan made = plan({"--tls-self-signed", "--listen=:443", "--https-redirect=308", "--hsts=1h",
                          "--hsts-subdomains", "--hsts-preload"});
  EXPECT_EQ(made.site().https.redirect_status, 308);
  EXPECT_EQ(made.site().https.https_port, 443);
  EXPECT_EQ(made.site().https.hsts, "max-age=3600; includeSubDomains; preload");
  EXPECT_EQ(plan({}).site().https.hsts, "");
}

TEST_F(PlanTest, ACertificateWithoutAKeyFileHoldsItsKey) {
  directory_.write("a.pem", "");
  directory_.write("b.pem", "");
  const Plan made = plan({"--tls-cert=a.pem", "--tls-min-version=1.3"});
  ASSERT_EQ(made.process.tls.certificates.size(), 1U);
  EXPECT_EQ(made.process.tls.certificates[0].key, made.process.tls.certificates[0].certificate);
  EXPECT_EQ(made.process.tls.min_version, base::TlsVersion::k13);
  const Plan apart = plan({"--tls-cert=a.pem", "--tls-key=b.pem"});
  EXPECT_EQ(apart.process.tls.certificates[0].key, directory_.path() + "/b.pem");
}

TEST_F(PlanTest, TheLogObeysTheOptions) {
  const Plan made = plan({"--log-level=error", "--log-format=json", "--service-name=shop"});
  EXPECT_EQ(made.process.log.level, observe::Level::kError);
  EXPECT_EQ(made.process.log.format, observe::LogFormat::kJson);
  EXPECT_EQ(made.process.access_log.format.kind, base::access::AccessFormat::Kind::kJson);
  EXPECT_EQ(made.process.access_log.service_name, "shop");
}

TEST_F(PlanTest, NoRateLimitIsNone) {
  EXPECT_EQ(plan({}).process.live.rate_limit.requests, 0U);
  const Plan made = plan({"--rate-limit=5", "--rate-window=2"});
  EXPECT_EQ(made.process.live.rate_limit.requests, 5U);
  EXPECT_EQ(made.process.live.rate_limit.window, std::chrono::seconds(2));
}

}  // namespace
}  // namespace tusk::app::plan
