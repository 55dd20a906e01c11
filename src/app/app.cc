#include "app/app.h"

#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/signal_set.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include "admin/admin_router.h"
#include "app/engine.h"
#include "app/routes.h"
#include "app/standard_streams.h"
#include "exec/worker_pool.h"
#include "net/listener.h"
#include "observe/access_log.h"
#include "observe/log.h"
#include "server/document_router.h"
#include "server/server.h"

namespace tusk::app {

namespace {

// How long workers that are idle may take to end their PHP threads: milliseconds, but with the
// thread sanitizer on a busy machine it was more than 5 s.
constexpr std::chrono::milliseconds kWorkerStopPatience{20000};
// After a drain that took too long: those that are idle end at once, the others are lost.
constexpr std::chrono::milliseconds kLateWorkerStopPatience{200};

observe::LogSettings log_settings(const config::Settings& settings) {
  observe::LogSettings log;
  log.format = settings.log_format == config::LogFormat::kJson ? observe::LogFormat::kJson
                                                               : observe::LogFormat::kText;
  log.level = static_cast<observe::Level>(settings.log_level);
  log.service_name = settings.service_name;
  return log;
}

// Both lists name the same levels in the same order.
static_assert(static_cast<int>(config::LogLevel::kTrace) ==
              static_cast<int>(observe::Level::kTrace));
static_assert(static_cast<int>(config::LogLevel::kOff) == static_cast<int>(observe::Level::kOff));

server::ConnectionLimits connection_limits(const config::Settings& settings) {
  server::ConnectionLimits limits;
  limits.header_bytes = settings.request_header_bytes;
  limits.header_count = settings.request_header_count;
  limits.body_bytes = settings.request_body_bytes;
  limits.keepalive_requests = settings.keepalive_requests;
  limits.body_spool.memory_bytes = settings.body_memory_bytes;
  limits.body_spool.directory = settings.temp_dir;
  limits.header_timeout = settings.header_timeout;
  limits.body_timeout = settings.body_timeout;
  limits.idle_timeout = settings.idle_timeout;
  limits.write_timeout = settings.write_timeout;
  limits.queue_timeout = settings.queue_timeout;
  return limits;
}

exec::WorkerPoolSettings pool_settings(const config::Settings& settings) {
  exec::WorkerPoolSettings pool;
  pool.workers = static_cast<int>(settings.php_workers);
  pool.max_lost = settings.max_lost_workers;
  pool.worker.stack_bytes = settings.worker_stack_bytes;
  pool.worker.max_requests = settings.worker_max_requests;
  pool.worker.reply.buffer_bytes = settings.response_buffer_bytes;
  pool.worker.reply.memory_bytes = settings.response_memory_bytes;
  pool.worker.reply.spool_bytes = settings.response_spool_bytes;
  return pool;
}

// Where a link decides which release is served, a path through that link may mean another file than
// it did: OPcache must not take it for one that it has seen.
config::Settings engine_settings(config::Settings settings, const files::CurrentRoot& root) {
  const std::string name = "opcache.revalidate_path";
  if (!root.follows_link()) return settings;
  for (const config::PhpDirective& directive : settings.php) {
    if (directive.name == name) return settings;
  }
  settings.php.push_back({.name = name, .value = "1"});
  return settings;
}

// Connections are descriptors: the soft limit is a default for programs that use select().
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

using Listeners = std::vector<net::Listener>;

base::Result<Listeners> open_listeners(const std::vector<config::Address>& addresses) {
  Listeners listeners;
  for (const config::Address& address : addresses) {
    base::Result<Listeners> opened = net::Listener::open(address);
    if (!opened) return std::unexpected(opened.error());
    for (net::Listener& listener : *opened) listeners.push_back(std::move(listener));
  }
  return listeners;
}

std::string urls_of(const Listeners& listeners) {
  std::string urls;
  for (const net::Listener& listener : listeners) {
    if (!urls.empty()) urls += ", ";
    urls += listener.url();
  }
  return urls;
}

int failed(const base::Error& error, const config::Settings& settings) {
  observe::error(error.message);
  observe::flush();
  // A program must not end without a word.
  if (settings.log_level == config::LogLevel::kOff) {
    std::fprintf(stderr, "tusk: %s\n", error.message.c_str());
  }
  return 1;
}

// Everything that lives as long as the server, in the order of dependence.
class App {
 public:
  App(const config::Settings& settings, std::unique_ptr<exec::Engine> engine,
      std::unique_ptr<exec::ResponseChannel> channel, server::Site site)
      : settings_(settings),
        engine_(std::move(engine)),
        metrics_(
            observe::BuildInfo{TUSK_VERSION, engine_->version(), std::string(engine_->name())}),
        queue_(settings.queue_capacity, settings.php_workers),
        pool_(pool_settings(settings), *engine_, queue_, metrics_),
        dispatcher_(queue_, std::move(channel)),
        documents_(std::move(site)),
        proxies_(settings.trusted_proxies),
        admin_([this] { return admin_state(); }),
        server_(loop_, dispatcher_, metrics_.add_shard(), settings.max_connections),
        signals_(loop_.io(), SIGTERM, SIGINT, SIGHUP) {
    signals_.add(SIGQUIT);  // what nginx's and PHP-FPM's containers are stopped with
  }

  int serve(Listeners listeners, Listeners internal_listeners);

 private:
  void say_what_is_served(const Listeners& listeners, const Listeners& internal_listeners);
  void await_signal();
  void on_signal(int signal);
  int shut_down();
  admin::AdminState admin_state();

  const config::Settings& settings_;
  std::unique_ptr<exec::Engine> engine_;
  observe::Metrics metrics_;
  exec::RequestQueue queue_;
  exec::WorkerPool pool_;
  net::Loop loop_;
  server::Dispatcher dispatcher_;
  server::DocumentRouter documents_;
  server::TrustedProxies proxies_;
  admin::AdminRouter admin_;
  server::Server server_;
  boost::asio::signal_set signals_;
};

int App::serve(Listeners listeners, Listeners internal_listeners) {
  const base::Result<void> started = pool_.start();
  if (!started) {
    observe::error(started.error().message);
    shut_down();
    return 1;
  }
  say_what_is_served(listeners, internal_listeners);
  const server::ConnectionLimits limits = connection_limits(settings_);
  for (net::Listener& listener : listeners) {
    server_.add_listener(std::move(listener), {.router = documents_,
                                               .limits = limits,
                                               .proxies = &proxies_,
                                               .access_log = settings_.access_log});
  }
  for (net::Listener& listener : internal_listeners) {
    server_.add_internal_listener(std::move(listener), admin_, limits);
  }
  server_.start();
  await_signal();
  loop_.run(server_);
  return shut_down();
}

void App::say_what_is_served(const Listeners& listeners, const Listeners& internal_listeners) {
  std::string line = "tusk " TUSK_VERSION " serves " + settings_.document_root + " on " +
                     urls_of(listeners) + " with " + engine_->description() + ", " +
                     std::to_string(settings_.php_workers) +
                     (settings_.php_workers == 1 ? " worker" : " workers") + ", executor " +
                     std::string(engine_->name());
  if (!internal_listeners.empty()) line += "; internal server on " + urls_of(internal_listeners);
  observe::info(line);
}

void App::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    on_signal(signal);
    await_signal();
  });
}

void App::on_signal(int signal) {
  // A hang-up drains as well: there is nothing yet that could reload.
  const char* const name = signal == SIGINT    ? "SIGINT"
                           : signal == SIGHUP  ? "SIGHUP"
                           : signal == SIGQUIT ? "SIGQUIT"
                                               : "SIGTERM";
  if (server_.draining()) {
    observe::warn("second signal: ends at once", {{"signal", name}});
    observe::flush();
    ::_exit(1);
  }
  observe::info("draining: accepts no more and finishes what is in flight", {{"signal", name}});
  server_.drain(settings_.drain_timeout);
}

int App::shut_down() {
  const bool drained = !server_.drain_failed();
  if (!drained) {
    observe::error("drain timed out: requests in flight are lost",
                   {{"requests", dispatcher_.in_flight()}});
  }
  queue_.close();
  const bool stopped = pool_.stop(drained ? kWorkerStopPatience : kLateWorkerStopPatience);
  if (!stopped) observe::error("a worker did not stop");
  if (!drained || !stopped) {
    // Connections or a script still use what would be torn down here.
    observe::flush();
    ::_exit(1);
  }
  observe::info("stopped");
  return 0;
}

admin::AdminState App::admin_state() {
  admin::AdminState state;
  state.accepting = server_.accepting();
  state.draining = server_.draining();
  state.workers_ready = pool_.count(exec::WorkerState::idle) + pool_.count(exec::WorkerState::busy);
  state.workers_total = settings_.php_workers;
  state.snapshot = [this] {
    observe::Gauges gauges;
    gauges.queue_depth = queue_.depth();
    gauges.queue_capacity = queue_.capacity();
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

int run(const config::Settings& settings) {
  settle_standard_streams();
  observe::init(log_settings(settings));
  observe::init_access_log({.enabled = settings.access_log,
                            .format = log_settings(settings).format,
                            .service_name = settings.service_name});
  std::signal(SIGPIPE, SIG_IGN);
  // Asked of other servers to open their logs anew; they must not end this one.
  std::signal(SIGUSR1, SIG_IGN);
  std::signal(SIGUSR2, SIG_IGN);
  raise_descriptor_limit();

  base::Result<server::Site> site = open_site(settings);
  if (!site) return failed(site.error(), settings);
  base::Result<Listeners> listeners = open_listeners(settings.listen);
  if (!listeners) return failed(listeners.error(), settings);
  base::Result<Listeners> internal_listeners = Listeners();
  if (settings.internal_addr) {
    internal_listeners = open_listeners({*settings.internal_addr});
    if (!internal_listeners) {
      base::Error error = internal_listeners.error();
      error.message += " (the internal server; --internal-addr gives it another address, or off)";
      return failed(error, settings);
    }
  }
  base::Result<std::unique_ptr<exec::ResponseChannel>> channel = exec::ResponseChannel::create();
  if (!channel) return failed(channel.error(), settings);
  base::Result<std::unique_ptr<exec::Engine>> engine =
      make_engine(engine_settings(settings, site->root));
  if (!engine) return failed(engine.error(), settings);

  int status = 1;
  {
    App app(settings, std::move(*engine), std::move(*channel), std::move(*site));
    status = app.serve(std::move(*listeners), std::move(*internal_listeners));
  }
  observe::flush();
  return status;
}

}  // namespace tusk::app
