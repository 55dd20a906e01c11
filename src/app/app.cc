#include "app/app.h"

#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "admin/admin_router.h"
#include "app/certificate_watch.h"
#include "app/compression.h"
#include "app/connection_limits.h"
#include "app/engine.h"
#include "app/file_settings.h"
#include "app/log_settings.h"
#include "app/php_review.h"
#include "app/resource_limits.h"
#include "app/routes.h"
#include "app/serving_loop.h"
#include "app/sockets.h"
#include "app/standard_streams.h"
#include "app/start_line.h"
#include "app/start_signals.h"
#include "app/tls.h"
#include "app/worker_settings.h"
#include "base/descriptor_limit.h"
#include "clients/admission.h"
#include "clients/rate_limiter.h"
#include "clients/trusted_proxies.h"
#include "exec/worker_pool.h"
#include "http/body.h"
#include "net/readiness_notifier.h"
#include "net/signals.h"
#include "net/timer.h"
#include "observe/access_log.h"
#include "observe/log.h"
#include "php/process/child_wait.h"

namespace tusk::app {

namespace {

// How long workers that are idle may take to end their PHP threads: milliseconds, but with the
// thread sanitizer on a busy machine it was more than 5 s.
constexpr std::chrono::milliseconds kWorkerStopPatience{20000};
// After a drain that took too long: those that are idle end at once, the others are lost.
constexpr std::chrono::milliseconds kLateWorkerStopPatience{200};
// For a thread that reads files: it waits for nothing, or for a file system that does not answer.
constexpr std::chrono::milliseconds kReaderStopPatience{500};

int failed(const base::Error& error, const config::Settings& settings) {
  observe::error(error.message);
  observe::flush();
  // A program must not end without a word.
  if (settings.log_level == config::LogLevel::kOff) {
    std::fprintf(stderr, "tusk: %s\n", error.message.c_str());
  }
  return 1;
}

void warn_of(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) observe::warn(line);
}

// Everything that lives as long as the server, in the order of dependence.
class App {
 public:
  App(const config::Settings& settings, std::unique_ptr<exec::Engine> engine,
      net::ReadinessNotifier notifier, std::unique_ptr<tls::CertificateStore> tls)
      : settings_(settings),
        notifier_(std::move(notifier)),
        engine_(std::move(engine)),
        metrics_(
            observe::BuildInfo{TUSK_VERSION, engine_->version(), std::string(engine_->name())}),
        queue_(settings.queue_capacity, settings.php_workers),
        store_(store_settings(settings, unsent_usage_), &queue_),
        pool_(pool_settings(settings, &store_, unsent_usage_), *engine_, queue_, metrics_),
        compression_(compression_policy(settings)),
        proxies_(settings.trusted_proxies),
        proxy_protocol_(settings.proxy_protocol),
        rate_limiter_(make_rate_limiter(settings)),
        handshake_limiter_(tls != nullptr ? make_rate_limiter(settings) : nullptr),
        admission_(admission_limits(settings)),
        tls_(std::move(tls)),
        https_(https_policy(settings)),
        admin_([this] { return admin_state(); }),
        encoder_(compression_, metrics_.add_shard()) {}

  // One more loop; the first is that of the thread which calls serve().
  base::Result<void> add_loop();

  int serve(Sockets sockets);

 private:
  ServingLoop& first() { return *loops_.front(); }
  base::Result<void> add_listeners(Sockets sockets);
  void await_second();
  void await_signal();
  void on_signal(int signal);
  void on_hangup();
  int shut_down();
  bool stop_readers();
  admin::AdminState admin_state();
  std::chrono::seconds stalled_for() const;

  const config::Settings& settings_;
  net::ReadinessNotifier notifier_;
  std::unique_ptr<exec::Engine> engine_;
  observe::Metrics metrics_;
  // Memory and disk that bodies and unsent responses hold; these outlive both.
  http::BodyUsage body_usage_;
  exec::UnsentUsage unsent_usage_;
  exec::RequestQueue queue_;
  exec::ResponseStore store_;
  exec::WorkerPool pool_;
  http::coding::Policy compression_;
  clients::TrustedProxies proxies_;
  clients::TrustedProxies proxy_protocol_;
  std::unique_ptr<clients::RateLimiter> rate_limiter_;  // null: no limit
  std::unique_ptr<clients::RateLimiter> handshake_limiter_;
  clients::Admission admission_;
  server::SharedServices shared_{.admission = admission_,
                                 .handshakes = handshake_limits(settings_)};
  std::unique_ptr<tls::CertificateStore> tls_;  // null: no listener speaks TLS
  site::HttpsPolicy https_;
  admin::AdminRouter admin_;
  std::vector<std::unique_ptr<ServingLoop>> loops_;
  // These end before the loops: they speak to them from threads of their own.
  server::answers::FileEncoder encoder_;
  base::BackgroundThread lister_{"tusk-lister", server::answers::DirectoryListings::kMaxPending};
  base::BackgroundThread page_reader_{"tusk-pages", site::ErrorPages::kMaxPending};
  std::optional<CertificateWatch> certificate_watch_;
  std::optional<net::Timer> second_;
  std::optional<net::Signals> signals_;
};

base::Result<void> App::add_loop() {
  base::Result<std::unique_ptr<exec::ResponseChannel>> channel = exec::ResponseChannel::create();
  if (!channel) return std::unexpected(channel.error());
  base::Result<site::Site> site = open_site(settings_);
  if (!site) return std::unexpected(site.error());
  site->error_pages.look_on(page_reader_);
  base::Result<site::XSendfile> x_sendfile = site::XSendfile::open(x_sendfile_settings(settings_));
  if (!x_sendfile) return std::unexpected(x_sendfile.error());
  ServingLoop::Parts parts{.queue = queue_,
                           .channel = std::move(*channel),
                           .site = std::move(*site),
                           .x_sendfile = std::move(*x_sendfile),
                           .lost_clients = pool_.lost_clients(),
                           .file_cache = file_cache_limits(settings_),
                           .file_loader = file_loader_settings(settings_),
                           .encoder = encoder_,
                           .lister = lister_,
                           .compression = compression_,
                           .metrics = metrics_.add_shard(),
                           .shared = shared_,
                           .place = {.index = loops_.size(), .of = settings_.io_threads}};
  loops_.push_back(std::make_unique<ServingLoop>(std::move(parts)));
  if (signals_) return {};
  // SIGQUIT is what nginx's and PHP-FPM's containers are stopped with.
  signals_.emplace(first().loop(), std::initializer_list<int>{SIGTERM, SIGINT, SIGQUIT});
  if (!hangups_are_ignored()) signals_->add(SIGHUP);
  second_.emplace(first().loop());
  if (tls_ != nullptr) {
    certificate_watch_.emplace(*tls_, metrics_.add_shard());
  }
  return {};
}

int App::serve(Sockets sockets) {
  const base::Result<void> started = pool_.start();
  if (!started) {
    observe::error(started.error().message);
    shut_down();
    return 1;
  }
  observe::info(start_line(settings_, sockets, *engine_));
  const base::Result<void> added = add_listeners(std::move(sockets));
  if (!added) {
    observe::error(added.error().message);
    shut_down();
    return 1;
  }
  if (certificate_watch_) certificate_watch_->start();
  await_second();
  await_signal();
  if (hung_up_during_start()) {
    first().loop().post([this] { on_signal(SIGHUP); });
  }
  for (std::size_t i = 1; i < loops_.size(); ++i) loops_[i]->start();
  notifier_.notify("READY=1");
  first().run();
  for (const auto& loop : loops_) loop->join();
  return shut_down();
}

// The first loop has the sockets themselves, the others their twins.
base::Result<void> App::add_listeners(Sockets sockets) {
  const server::ConnectionLimits limits = connection_limits(settings_, body_usage_);
  const auto add = [&](ServingLoop& loop, Listeners listeners) {
    for (net::Listener& listener : listeners) {
      const bool speaks_tls = listener.address().speaks_tls(settings_.has_certificate());
      loop.server().add_listener(std::move(listener),
                                 {.router = loop.documents(),
                                  .limits = limits,
                                  .proxies = &proxies_,
                                  .tls = speaks_tls ? tls_.get() : nullptr,
                                  .https = &https_,
                                  .proxy_protocol = &proxy_protocol_,
                                  .rate_limiter = rate_limiter_.get(),
                                  .handshake_limiter = handshake_limiter_.get(),
                                  .access_log = settings_.access_log});
    }
  };
  for (std::size_t i = 1; i < loops_.size(); ++i) {
    base::Result<Listeners> twins = twins_of(sockets.clients);
    if (!twins) return std::unexpected(twins.error());
    add(*loops_[i], std::move(*twins));
  }
  add(first(), std::move(sockets.clients));
  for (net::Listener& listener : sockets.internal) {
    first().server().add_internal_listener(std::move(listener), admin_, limits);
  }
  return {};
}

// What the main thread looks after while it serves.
void App::await_second() {
  second_->after(std::chrono::seconds(1), [this] {
    // Orphans of what scripts started, where this is process 1; what a worker that has ended had
    // started. The kernel makes them children of the main thread, which starts nothing itself: no
    // proc_close() or pcntl_wait() of a script can lose a status to this. A handler of SIGCHLD
    // would be called for every child of every script.
    (void)php::process::reap_children();
    if (certificate_watch_) certificate_watch_->say_if_held();
    await_second();
  });
}

void App::await_signal() {
  signals_->wait([this](int signal) {
    on_signal(signal);
    await_signal();
  });
}

void App::on_signal(int signal) {
  if (signal == SIGHUP && (first().server().draining() || !terminal_is_gone())) return on_hangup();
  const char* const name = signal_name(signal);
  if (first().server().draining()) {
    observe::warn("second signal: ends at once", {{"signal", name}});
    observe::flush();
    ::_exit(1);
  }
  observe::info("draining: accepts no more and finishes what is in flight", {{"signal", name}});
  notifier_.notify("STOPPING=1");
  first().server().drain(settings_.drain_timeout);
  for (std::size_t i = 1; i < loops_.size(); ++i) loops_[i]->drain(settings_.drain_timeout);
}

// One that is no end. Both the kernel and the shell may send one for the same terminal.
void App::on_hangup() {
  if (first().server().draining()) return;
  observe::warn(
      "there is no reload: SIGHUP changes nothing; new certificates are taken up by "
      "themselves, and SIGTERM ends the server",
      {{"signal", "SIGHUP"}});
}

bool App::stop_readers() {
  bool ended = !certificate_watch_ || certificate_watch_->stop(kReaderStopPatience);
  ended = lister_.stop(kReaderStopPatience) && ended;
  ended = page_reader_.stop(kReaderStopPatience) && ended;
  return encoder_.stop(kReaderStopPatience) && ended;
}

int App::shut_down() {
  bool drained = true;
  std::size_t lost = 0;
  for (const auto& loop : loops_) {
    drained = drained && !loop->drain_failed();
    lost += loop->lost();
  }
  if (!drained) {
    observe::error("drain timed out: requests in flight are lost", {{"requests", lost}});
  }
  queue_.close();
  const bool stopped = pool_.stop(drained ? kWorkerStopPatience : kLateWorkerStopPatience);
  const bool readers_ended = stop_readers();
  if (!stopped) observe::error("a worker did not stop");
  if (!drained || !stopped) {
    // Connections or a script still use what would be torn down here.
    observe::flush();
    ::_exit(1);
  }
  observe::info("stopped");
  if (pool_.any_stuck() || !readers_ended) {
    // As above, but nothing was cut off by the end.
    observe::flush();
    ::_exit(0);
  }
  return 0;
}

// A part of a second counts as one: zero means that all is well.
std::chrono::seconds App::stalled_for() const {
  return std::chrono::ceil<std::chrono::seconds>(pool_.stalled_for());
}

admin::AdminState App::admin_state() {
  admin::AdminState state;
  state.accepting = !first().server().draining();
  state.draining = first().server().draining();
  state.workers_ready =
      pool_.count(exec::WorkerState::kIdle) + pool_.count(exec::WorkerState::kBusy);
  state.workers_total = settings_.php_workers;
  state.workers_lost = pool_.count(exec::WorkerState::kLost);
  state.requests_waiting = queue_.depth();
  state.stalled_for = stalled_for();
  state.snapshot = [this] {
    observe::Gauges gauges;
    gauges.queue_depth = queue_.depth();
    gauges.queue_capacity = queue_.capacity();
    gauges.queue_stalled_seconds = static_cast<std::uint64_t>(stalled_for().count());
    gauges.bodies_held = {body_usage_.memory_bytes, body_usage_.disk_bytes,
                          unsent_usage_.memory_bytes, unsent_usage_.disk_bytes};
    if (tls_ != nullptr) gauges.tls_expiry = tls_->current()->first_expiry();
    const exec::CodeCacheState code_cache = engine_->code_cache();
    gauges.opcache_restarts = code_cache.restarts;
    gauges.opcache_restarts_put_off = code_cache.restarts_put_off;
    gauges.opcache_restart_pending = code_cache.restart_pending;
    for (const exec::WorkerState worker_state : exec::kWorkerStates) {
      gauges.workers.push_back({exec::to_string(worker_state), pool_.count(worker_state)});
    }
    return metrics_.snapshot(std::move(gauges));
  };
  return state;
}

}  // namespace

int run(const config::Loaded& loaded) {
  const config::Settings& settings = loaded.settings;
  settle_standard_streams();
  observe::init(log_settings(settings));
  observe::init_access_log({.enabled = settings.access_log,
                            .format = log_settings(settings).format,
                            .service_name = settings.service_name});
  warn_of(loaded.warnings);
  ignore_signals();
  end_start_on_signals();
  base::raise_descriptor_limit();
  const auto limits = check_resource_limits(settings);
  if (!limits) return failed(limits.error(), settings);
  warn_of(*limits);

  base::Result<site::Site> site = open_site(settings);
  if (!site) return failed(site.error(), settings);
  std::vector<std::string> tls_warnings;
  base::Result<std::unique_ptr<tls::CertificateStore>> tls = open_tls(settings, tls_warnings);
  warn_of(tls_warnings);
  if (!tls) return failed(tls.error(), settings);
  // Before PHP looks at the environment.
  net::ReadinessNotifier notifier = net::ReadinessNotifier::from_environment();
  base::Result<Sockets> sockets = open_sockets(settings);
  if (!sockets) return failed(sockets.error(), settings);
  base::Result<std::unique_ptr<exec::Engine>> engine =
      make_engine(engine_settings(settings, site->root));
  if (!engine) return failed(engine.error(), settings);
  warn_of(php_warnings(loaded));

  int status = 1;
  {
    App app(settings, std::move(*engine), std::move(notifier), std::move(*tls));
    for (std::uint64_t i = 0; i < settings.io_threads; ++i) {
      const base::Result<void> added = app.add_loop();
      if (!added) return failed(added.error(), settings);
    }
    status = app.serve(std::move(*sockets));
  }
  observe::flush();
  return status;
}

}  // namespace tusk::app
