// Serving: everything that lives while tusk serves: loops, workers and their engine, caches,
// limits, certificates; how they start, drain and end.
//
//   serving.cc         its parts, their start and end
//   serving_orders.cc  the supervisor, and what changes while it serves
//   serving_pools.cc   its pools of workers, and what the internal server shows
//
// Owner: run() in app/process.cc, on main's stack. Thread: main, whose loop is the first.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin/admin_router.h"
#include "app/certificate_watch.h"
#include "app/development/source_watch.h"
#include "app/drain.h"
#include "app/live/live_configuration.h"
#include "app/live/memory_measurement.h"
#include "app/live/preload_watch.h"
#include "app/live/recycle_watch.h"
#include "app/live/supervisor_orders.h"
#include "app/plan/plan.h"
#include "app/serving_loop.h"
#include "app/serving_signals.h"
#include "app/sockets.h"
#include "app/supervision.h"
#include "app/warm_up/warm_up.h"
#include "base/result.h"
#include "clients/admission.h"
#include "clients/content_shares.h"
#include "clients/rate_limiter.h"
#include "exec/executor.h"
#include "exec/observation/profiler.h"
#include "exec/pool/worker_pools.h"
#include "http/body.h"
#include "net/readiness_notifier.h"
#include "net/timer.h"
#include "observe/events.h"
#include "observe/tracing/span_exporter.h"
#include "php/facts.h"
#include "tls/store.h"

namespace tusk::app {

// The members are in the order in which they depend on one another.
class Serving {
 public:
  // The parts of the internal server that do not depend on the state.
  struct Internal {
    admin::AccessToken token;
    live::LiveConfiguration configuration;
  };

  // `certificates` is null where no listener speaks TLS. `plan` lives longer than this.
  Serving(const plan::Plan& plan, std::unique_ptr<exec::Engine> engine,
          net::ReadinessNotifier notifier, Supervision supervision,
          std::unique_ptr<observe::OwnPlace> place,
          std::unique_ptr<tls::CertificateStore> certificates,
          std::unique_ptr<exec::process::Loops> process_loops, php::CodeValidation validation,
          Internal internal);

  // Before run(): makes one loop for each I/O thread.
  base::Result<void> add_loops();

  const Supervision& supervision() const { return supervision_; }

  // Serves until a signal ends it. The exit status: 0 after a drain that finished everything.
  int run(Sockets sockets);

 private:
  ServingLoop& first() { return *loops_.front(); }
  base::Result<std::vector<base::UniqueFd>> make_bells();
  base::Result<void> add_loop();
  bool begin_to_serve(Sockets sockets);
  void serve_after_warm_up(Sockets sockets);
  base::Result<void> add_listeners(Sockets sockets);
  server::ListenerServices services_of(ServingLoop& loop, const plan::ListenerPlan& listener);
  server::ConnectionLimits with_usage(server::ConnectionLimits limits);
  std::optional<ServingLoop::DevelopmentParts> development_parts();
  void watch_sources();
  void watch_preloaded_code();
  std::string boot_errors() const;
  void await_second();
  void listen_to_supervisor();
  void reopen_logs();
  void await_reopened_logs();
  void apply(std::string file_text);
  void renew_php();
  void await_renewal();
  void ask_to_be_replaced();
  int shut_down();
  bool stop_readers();
  admin::AdminState admin_state();
  admin::OctaneOrders octane_orders();
  observe::Gauges gauges();
  observe::OpcacheState code_cache() const;
  void end_if_a_pool_is_dead();
  std::vector<server::DispatchPool> dispatch_pools();
  std::vector<admin::PoolState> pool_states() const;

  const plan::Plan& plan_;
  const php::CodeValidation validation_;
  net::ReadinessNotifier notifier_;
  Supervision supervision_;
  std::unique_ptr<exec::Engine> engine_;
  observe::Metrics metrics_;
  observe::EventNotes event_notes_{metrics_.board().events()};
  // Memory and disk that bodies and unsent responses hold; these outlive both.
  http::BodyUsage body_usage_;
  exec::UnsentUsage unsent_usage_;
  // The contents of files, which the cache and responses hold.
  files::ContentUsage content_usage_;
  clients::ContentShares content_shares_{content_usage_};
  const std::vector<std::unique_ptr<exec::RequestQueue>> queues_;  // one for each pool
  exec::ResponseStore store_;
  const std::unique_ptr<exec::process::Loops> process_loops_;  // null: no pool has processes
  exec::pool::WorkerPools pools_;
  // When each pool was last seen with a worker that serves.
  std::vector<base::MonotonicTime> pool_up_ = std::vector<base::MonotonicTime>(pools_.size());
  clients::RateLimiter rate_limiter_;
  clients::RateLimiter handshake_limiter_;
  clients::Admission admission_;
  server::SharedServices shared_;
  std::unique_ptr<tls::CertificateStore> certificates_;  // null: no listener speaks TLS
  plan::LiveSettings live_;
  live::LiveConfiguration configuration_;
  live::MemoryMeasurement memory_{slow_pages_};  // only used later
  live::RecycleWatch recycle_watch_;
  bool asked_for_dead_pool_ = false;
  bool ended_for_dead_pool_ = false;
  live::SupervisorOrders orders_;
  admin::AdminRouter admin_;
  admin::AdminRouter supervised_admin_;     // for clients that the supervisor has let in
  std::optional<warm_up::WarmUp> warm_up_;  // its connections end with the loops
  Drain::Loops loops_;
  // These end before the loops: their threads post to the loops.
  server::answers::FileEncoder encoder_;
  base::BackgroundThread lister_;
  base::BackgroundThread slow_pages_;
  exec::observation::Profiler profiler_{pools_};
  base::BackgroundThread page_reader_;
  std::unique_ptr<observe::tracing::SpanExporter> span_exporter_;  // null: spans are not exported
  std::optional<CertificateWatch> certificate_watch_;
  std::optional<development::SourceWatch> source_watch_;  // none: no file is watched
  std::string served_root_;                               // when this process began
  std::optional<live::PreloadWatch> preload_watch_;       // none: tusk preloads nothing by itself
  std::optional<net::Timer> second_;
  std::optional<net::Timer> renewal_;    // looks whether the new PHP hosts serve
  std::optional<net::Timer> reopening_;  // looks whether the log files are open again
  unsigned unanswered_reopenings_ = 0;   // the supervisor expects an answer to each order
  std::optional<Drain> drain_;
  std::optional<ServingSignals> signals_;
};

}  // namespace tusk::app
