// ProcessPlan: the part of the plan that holds for the whole process.
//
// Thread: any; a value.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/development/watch_globs.h"
#include "app/plan/live_settings.h"
#include "app/plan/pool_plan.h"
#include "base/clock.h"
#include "base/process/user_change.h"
#include "base/tracing/collector_url.h"
#include "clients/admission.h"
#include "config/settings.h"
#include "exec/response_store.h"
#include "files/file_cache.h"
#include "net/listen_options.h"
#include "observe/access/access_log.h"
#include "observe/log.h"
#include "observe/tracing/span_queue.h"
#include "php/settings.h"
#include "server/handshake/handshake_queue.h"
#include "server/telemetry/telemetry.h"
#include "tls/settings.h"

namespace tusk::app::plan {

// The options for developers.
struct DevelopmentPlan {
  std::shared_ptr<const development::WatchGlobs> watched;  // null: no file is watched
  bool polls = false;
  bool hot_reload = false;
  bool several_processes = false;
};

// The values that all listeners and sites share: log, workers and their PHP, queue, memory, and the
// limits of all clients together.
struct ProcessPlan {
  LiveSettings live;  // at the start; a reload may change them
  observe::LogSettings log;
  std::string log_file;  // empty: stderr
  observe::AccessLogSettings access_log;
  // Shared: the listeners of all loops point to it.
  std::shared_ptr<const server::telemetry::Telemetry> telemetry;
  std::optional<base::tracing::CollectorUrl> collector;  // empty: no spans
  std::shared_ptr<observe::tracing::SpanQueue> spans;    // shared with `telemetry`

  base::process::UserAndGroup user;  // that the process changes to; none: it stays what it is
  std::uint64_t processes = 1;       // that serve together
  std::uint64_t io_threads = 1;
  std::optional<config::Address> internal_address;  // empty: no internal server
  net::ListenOptions internal_socket;
  std::string internal_token_file;  // empty: the internal server wants no token
  bool octane_admin = false;        // the internal server takes Octane's orders
  std::string control_socket;       // of the supervisor, which they go to
  bool wants_crash_files = false;   // the supervisor writes them
  base::Duration warm_up_timeout{};

  std::optional<php::Settings> php;  // empty: the executor is the stub
  std::vector<PoolPlan> pools;       // front(): the default pool
  exec::ResponseStore::Settings responses;

  DevelopmentPlan development;

  clients::Admission::Limits admission;
  server::handshake::HandshakeQueue::Limits handshakes;  // of each loop
  files::FileCache::Limits file_cache;                   // of all loops together

  // One store of certificates serves all listeners.
  bool has_certificate = false;
  tls::Settings tls;

  // The sum over all pools, when each has its most.
  std::uint64_t workers() const;
  // Whether a pool's workers are threads: then PHP starts in this process. The stub's are.
  bool has_threads() const;
  bool has_processes() const;
  // What the process keeps of root's rights when it changes its user: a PHP host whose pool has a
  // user or a root directory of its own needs them to change to these.
  base::process::Keep kept_rights() const;
};

// The host that was built with this program (option php_host).
std::string default_php_host();

// Fails if a list of globs is not valid. The format of the access log is: load() has checked it.
base::Result<ProcessPlan> process_plan(const config::Settings& settings);

}  // namespace tusk::app::plan
