#include "app/plan/doctor_settings.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace tusk::app::plan {

namespace {

constexpr std::chrono::seconds kDrainTimeout{5};

base::Result<config::Pool> examined_pool(const config::Settings& settings,
                                         const std::string& name) {
  const auto named = std::ranges::find(settings.pools, name, &config::Pool::name);
  if (named != settings.pools.end()) {
    if (!named->script.empty()) return *named;
    return base::fail("the pool '" + name + "' has no resident script");
  }
  std::vector<const config::Pool*> resident;
  std::string names;
  for (const config::Pool& pool : settings.pools) {
    if (pool.script.empty()) continue;
    resident.push_back(&pool);
    names += (names.empty() ? "" : ", ") + pool.name;
  }
  if (resident.empty())
    return base::fail(
        "there is no resident script: --resident FILE names one, or [[pool]] in the file of "
        "--config");
  if (!name.empty())
    return base::fail("there is no pool '" + name + "'; those with a resident script: " + names);
  if (resident.size() > 1)
    return base::fail("there are several resident scripts: choose a pool with --pool: " + names);
  return *resident.front();
}

void leave_running_servers_alone(config::Settings& settings) {
  config::Address address;
  address.host = "127.0.0.1";
  settings.listen = {config::ListenAddress(address)};
  settings.internal_addr.reset();
  settings.control_socket = "off";
  settings.octane_admin = false;
  settings.processes = 1;
  settings.process_memory_limit = 0;
  settings.process_max_age = {};
  settings.process_max_opcache_restarts = 0;
  settings.otlp_endpoint.clear();
}

// What answers is plain HTTP without a proxy, and at once.
void answer_plainly(config::Settings& settings) {
  settings.tls_cert.clear();
  settings.tls_key.clear();
  settings.tls_self_signed = false;
  settings.tls_ocsp.clear();
  settings.tls_client_auth = config::TlsClientAuth::kOff;
  settings.tls_client_ca.clear();
  settings.https_redirect = config::HttpsRedirect::kOff;
  settings.proxy_protocol.clear();
  settings.rate_limit = 0;
  settings.warm_up.clear();
  settings.watch.clear();
  settings.hot_reload = false;
  settings.preload = config::Preload::kOff;
  settings.drain_delay = {};
  settings.drain_timeout = kDrainTimeout;
}

// The command reads the log.
void log_for_command(config::Settings& settings) {
  settings.log_level = config::LogLevel::kDebug;
  settings.log_format = config::LogFormat::kJson;
  settings.log_priority_prefix = config::PriorityPrefix::kOff;
  settings.log_file.clear();
  settings.access_log = false;
  settings.access_log_file.clear();
}

// Everything but which scripts are resident, and how.
base::Result<config::Settings> common_settings(config::Settings settings, const std::string& name) {
  base::Result<config::Pool> pool = examined_pool(settings, name);
  if (!pool) return std::unexpected(pool.error());
  if (settings.executor == config::Executor::kStub)
    return base::fail("the executor stub runs no script");
  pool->min = pool->max = 1;
  pool->max_requests = 0;
  pool->max_memory = 0;
  settings.pools = {std::move(*pool)};
  settings.php_workers = 1;
  leave_running_servers_alone(settings);
  answer_plainly(settings);
  log_for_command(settings);
  return settings;
}

}  // namespace

base::Result<config::Settings> doctor_settings(config::Settings settings, const std::string& name) {
  base::Result<config::Settings> changed = common_settings(std::move(settings), name);
  if (changed) changed->resident_doctor = true;
  return changed;
}

base::Result<config::Settings> rewound_doctor_settings(config::Settings settings,
                                                       const std::string& name) {
  base::Result<config::Settings> changed = common_settings(std::move(settings), name);
  if (!changed) return changed;
  changed->engine = config::WorkerKind::kProcesses;
  changed->resident_doctor = false;
  changed->pools.front().mode = config::ScriptMode::kRewind;
  changed->pools.front().engine = config::WorkerKind::kProcesses;
  return changed;
}

base::Result<config::Settings> plain_doctor_settings(config::Settings settings,
                                                     const std::string& name) {
  base::Result<config::Settings> changed = rewound_doctor_settings(std::move(settings), name);
  if (!changed) return changed;
  config::Pool& pool = changed->pools.front();
  pool.script.clear();
  pool.mode = config::ScriptMode::kResident;
  pool.warm_up.clear();
  pool.match = {"/**"};
  return changed;
}

}  // namespace tusk::app::plan
