#include "app/serving.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <utility>

#include <unistd.h>

#include "app/certificates.h"
#include "app/plan/preload_lists.h"
#include "app/resource_limits.h"
#include "app/serving_pools.h"
#include "app/start_line.h"
#include "app/start_signals.h"
#include "base/process/ended_children.h"
#include "observe/log.h"

namespace tusk::app {

namespace {

// Idle workers end their PHP threads within milliseconds, but with the thread sanitizer on a busy
// machine it took more than 5 s.
constexpr std::chrono::milliseconds kWorkerStopTimeout{20000};
// After a drain that took too long: idle workers end at once, the others are lost.
constexpr std::chrono::milliseconds kLateWorkerStopTimeout{200};
// A thread that reads files waits for nothing, or for a file system that does not answer.
constexpr std::chrono::milliseconds kReaderStopTimeout{500};
// Pages of the internal server that wait for their thread. Beyond it clients get a 503.
constexpr std::size_t kMaxSlowPages = 16;
constexpr std::chrono::milliseconds kExportTimeout{1000};  // for the last spans

// This process's part of the range in which processes reach their greatest age.
double jitter() {
  std::random_device random;
  return std::uniform_real_distribution<double>()(random);
}

}  // namespace

Serving::Serving(const plan::Plan& plan, std::unique_ptr<exec::Engine> engine,
                 net::ReadinessNotifier notifier, Supervision supervision,
                 std::unique_ptr<observe::OwnPlace> place,
                 std::unique_ptr<tls::CertificateStore> certificates,
                 std::unique_ptr<exec::process::Loops> process_loops,
                 php::CodeValidation validation, Internal internal)
    : plan_(plan),
      validation_(validation),
      notifier_(std::move(notifier)),
      supervision_(std::move(supervision)),
      engine_(std::move(engine)),
      metrics_(observe::BuildInfo{TUSK_VERSION, engine_->version(), std::string(engine_->name())},
               std::move(place)),
      content_usage_(content_limits(plan)),
      queues_(queues_of(plan.process)),
      store_(store_settings(plan.process, unsent_usage_), store_pools(plan.process, queues_)),
      process_loops_(std::move(process_loops)),
      pools_(pool_settings(plan, store_, unsent_usage_, supervision_, process_loops_.get()),
             *engine_, pointers(queues_), metrics_),
      rate_limiter_(plan.process.live.rate_limit),
      handshake_limiter_(plan.process.live.rate_limit),
      admission_(plan.process.admission),
      shared_{.admission = admission_, .handshakes = plan.process.handshakes},
      certificates_(std::move(certificates)),
      live_(plan.process.live),
      configuration_(std::move(internal.configuration)),
      recycle_watch_(live_.recycling, base::now(), jitter(),
                     {.resident = [this] { return live::resident_memory(pools_.processes()); },
                      .proportional = [this] { return memory_.take(pools_.processes()); }}),
      orders_(plan.process.control_socket),
      admin_([this] { return admin_state(); }, slow_pages_, std::move(internal.token),
             octane_orders()),
      // The supervisor has let these clients in.
      supervised_admin_([this] { return admin_state(); }, slow_pages_),
      encoder_(plan.site().compression, metrics_.add_shard()),
      lister_("tusk-lister", server::answers::DirectoryListings::kMaxPending),
      slow_pages_("tusk-observer", kMaxSlowPages),
      page_reader_("tusk-pages", site::ErrorPages::kMaxPending) {}

base::Result<void> Serving::add_loops() {
  for (std::uint64_t i = 0; i < plan_.process.io_threads; ++i) {
    if (const base::Result<void> added = add_loop(); !added) return added;
  }
  second_.emplace(first().loop());
  drain_.emplace(loops_, metrics_.place(), profiler_,
                 Drain::Times{.delay = live_.drain_delay, .timeout = live_.drain_timeout});
  signals_.emplace(first().loop(), *drain_, supervision_, notifier_, [this] {
    observe::reopen_files();
    pools_.reopen_logs();
  });
  if (plan_.process.collector) {
    span_exporter_ = std::make_unique<observe::tracing::SpanExporter>(
        plan_.process.spans, *plan_.process.collector,
        observe::tracing::resource_of_process(plan_.process.log.service_name),
        metrics_.add_shard());
  }
  if (certificates_ != nullptr && can_watch_certificates(plan_.process.tls))
    certificate_watch_.emplace(*certificates_, metrics_.add_shard());
  return {};
}

// What worker processes wake the next loop with, for each pool that has some. Returned are
// duplicates for the loop.
base::Result<std::vector<base::UniqueFd>> Serving::make_bells() {
  std::vector<base::UniqueFd> ours;
  if (process_loops_ == nullptr) return ours;
  process_loops_->bells.resize(plan_.process.pools.size());
  for (std::size_t i = 0; i < plan_.process.pools.size(); ++i) {
    if (plan_.process.pools[i].php_host.empty()) continue;
    base::Result<base::UniqueFd> bell = exec::process::Doorbells::make_eventfd();
    if (!bell) return std::unexpected(bell.error());
    ours.emplace_back(base::duplicate(bell->get()));
    process_loops_->bells[i].push_back(std::move(*bell));
  }
  return ours;
}

base::Result<void> Serving::add_loop() {
  base::Result<std::unique_ptr<exec::ResponseChannel>> channel = exec::ResponseChannel::create();
  if (!channel) return std::unexpected(channel.error());
  if (process_loops_ != nullptr) {
    (*channel)->show_sleep_in(process_loops_->doorbells.sleeping(loops_.size()));
  }
  base::Result<std::vector<base::UniqueFd>> bells = make_bells();
  if (!bells) return std::unexpected(bells.error());
  base::Result<site::Site> site = plan::open_site(plan_.site());
  if (!site) return std::unexpected(site.error());
  if (loops_.empty() && !plan::preload_lists(plan_.process).empty())
    served_root_ = site->root.get().path();
  site->error_pages.read_on(page_reader_);
  base::Result<site::XSendfile> x_sendfile = site::XSendfile::open(plan_.site().x_sendfile);
  if (!x_sendfile) return std::unexpected(x_sendfile.error());
  observe::MetricsShard& metrics = metrics_.add_shard();
  ServingLoop::Parts parts{.pools = dispatch_pools(),
                           .channel = std::move(*channel),
                           .bells = std::move(*bells),
                           .site = std::move(*site),
                           .x_sendfile = std::move(*x_sendfile),
                           .lost_clients = pools_.lost_clients(),
                           .page_for_blank_failure = plan_.site().page_for_blank_failure,
                           .file_cache = plan_.process.file_cache,
                           .file_loader = plan_.site().file_loader,
                           .content_usage = content_usage_,
                           .content_shares = content_shares_,
                           .encoder = encoder_,
                           .lister = lister_,
                           .compression = plan_.site().compression,
                           .metrics = metrics,
                           .shared = shared_,
                           .place = {.index = loops_.size(),
                                     .of = plan_.process.io_threads,
                                     .slot = &metrics_.place().add_loop(metrics)},
                           .development = development_parts()};
  loops_.push_back(std::make_unique<ServingLoop>(std::move(parts)));
  return {};
}

// Why resident scripts do not boot: a line for each pool; empty if all do.
std::string Serving::boot_errors() const {
  std::string text;
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    const std::string reason = pools_[i].boot_pace().last_reason();
    if (reason.empty()) continue;
    if (!text.empty()) text += '\n';
    text += pools_.size() > 2 ? std::string(pools_[i].name()) + ": " + reason : reason;
  }
  return text;
}

std::optional<ServingLoop::DevelopmentParts> Serving::development_parts() {
  const plan::DevelopmentPlan& development = plan_.process.development;
  if (development.watched == nullptr) return {};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return ServingLoop::DevelopmentParts{
      .hot_reload = development.hot_reload,
      .process = development.several_processes
                     ? std::string()
                     : std::to_string(std::chrono::floor<std::chrono::seconds>(now).count()) + "." +
                           std::to_string(::getpid()),
      .boot_error = [this] { return boot_errors(); }};
}

void Serving::watch_sources() {
  using development::FileWatcher;
  const plan::DevelopmentPlan& development = plan_.process.development;
  if (development.watched == nullptr) return;
  observe::warn(development.hot_reload
                    ? "for development only: watches files, shows errors of boots, and puts a "
                      "script into pages"
                    : "for development only: watches files, and shows errors of boots");
  source_watch_.emplace(
      *development.watched,
      development.polls ? FileWatcher::Method::kPolling : FileWatcher::Method::kAutomatic,
      development::SourceWatch::Actions{
          .restart_scripts = [this] { pools_.restart_scripts(); },
          .tell_browsers =
              [this](development::Changed changed) {
                using server::development::Reload;
                const bool styles = changed == development::Changed::kStyles;
                for (const auto& loop : loops_)
                  loop->reload_pages(styles ? Reload::kStyles : Reload::kPage);
              }});
  if (const base::Result<void> started = source_watch_->start(); !started)
    observe::error("files are not watched", {{"reason", started.error().message}});
}

void Serving::watch_preloaded_code() {
  std::vector<std::string> lists = plan::preload_lists(plan_.process);
  if (lists.empty()) return;
  preload_watch_.emplace(
      live::PreloadWatch::Settings{.list_files = std::move(lists),
                                   .configured_root = plan_.site().document_root,
                                   .served_root = served_root_,
                                   .looks_at_files = validation_.on,
                                   .interval = std::chrono::seconds(validation_.seconds)});
  preload_watch_->start();
}

int Serving::run(Sockets sockets) {
  // Before scripts boot, so that no change is missed.
  watch_sources();
  watch_preloaded_code();
  // At a reload another process serves, which goes on if a resident script does not boot here.
  using WithoutBoot = exec::pool::WithoutBoot;
  hold_signals();
  const base::Result<void> started = pools_.start(
      supervision_.is_reload() ? WithoutBoot::kFail : WithoutBoot::kServe, &is_told_to_end);
  // A supervisor's process serves until the supervisor tells it to end.
  const char* const ending_signal = supervision_.on() ? nullptr : held_signal();
  release_signals();
  if (!started) {
    observe::error(started.error().message);
    supervision_.tell_reason(started.error().message);
    shut_down();
    return 1;
  }
  if (ending_signal != nullptr) {
    observe::info("stopped before the start was complete", {{"signal", ending_signal}});
    return shut_down();
  }
  await_second();
  signals_->begin();
  listen_to_supervisor();
  const bool warms_up = !plan_.site().warm_up.empty() && !supervision_.is_replacement();
  if (warms_up) {
    serve_after_warm_up(std::move(sockets));
  } else if (!begin_to_serve(std::move(sockets))) {
    shut_down();
    return 1;
  }
  first().run();
  for (const auto& loop : loops_) loop->join();
  const int status = shut_down();
  return drain_->has_served() && !ended_for_dead_pool_ ? status : 1;
}

void Serving::serve_after_warm_up(Sockets sockets) {
  std::vector<warm_up::WarmUpPage> pages;
  for (const std::string& page : plan_.site().warm_up) {
    pages.push_back(warm_up::warm_up_page(page, plan_.process.has_certificate));
  }
  server::ListenerServices services{.answers = first().services(),
                                    .router = first().documents(),
                                    .limits = with_usage(plan_.listeners.front().limits)};
  warm_up_.emplace(first().loop(), first().server(), std::move(services), std::move(pages),
                   plan_.process.warm_up_timeout);
  warm_up_->start([this, sockets = std::move(sockets)]() mutable {
    if (!begin_to_serve(std::move(sockets))) first().loop().stop();
  });
}

// False, with the reason in the log: there are no descriptors left.
bool Serving::begin_to_serve(Sockets sockets) {
  observe::info(start_line(plan_, sockets, *engine_),
                {{"pid", ::getpid()}, {"generation", supervision_.generation()}});
  const base::Result<void> added = add_listeners(std::move(sockets));
  if (!added) {
    observe::error(added.error().message);
    supervision_.tell_reason(added.error().message);
    return false;
  }
  if (certificate_watch_) certificate_watch_->start();
  for (std::size_t i = 1; i < loops_.size(); ++i) loops_[i]->start();
  metrics_.publish(gauges());
  drain_->begin_to_serve();
  notifier_.notify("READY=1");
  supervision_.tell_ready();
  return true;
}

// The first loop has the sockets themselves, the others duplicates of them.
base::Result<void> Serving::add_listeners(Sockets sockets) {
  const auto add = [&](ServingLoop& loop, Listeners listeners) {
    for (net::Listener& listener : listeners) {
      server::ListenerServices services =
          services_of(loop, plan_.listener_at(listener.address(), listener.configured()));
      loop.server().add_listener(std::move(listener), std::move(services));
    }
  };
  for (std::size_t i = 1; i < loops_.size(); ++i) {
    base::Result<Listeners> twins = twins_of(sockets.clients);
    if (!twins) return std::unexpected(twins.error());
    add(*loops_[i], std::move(*twins));
  }
  add(first(), std::move(sockets.clients));
  server::ConnectionLimits limits = with_usage(plan_.listeners.front().limits);
  // Larger ones would take the room that clients' bodies have.
  limits.body_bytes = std::min<std::uint64_t>(limits.body_bytes, 64 * 1024);
  limits.http2 = false;  // the server can end connections that wait only with HTTP/1.1
  const auto add_internal = [&](net::Listener listener, admin::AdminRouter& router) {
    first().server().add_internal_listener(std::move(listener), router, limits);
  };
  for (net::Listener& listener : sockets.internal) add_internal(std::move(listener), admin_);
  // For clients that come through the supervisor's control socket.
  if (supervision_.on()) add_internal(net::Listener::without_socket(), supervised_admin_);
  return {};
}

server::ListenerServices Serving::services_of(ServingLoop& loop,
                                              const plan::ListenerPlan& listener) {
  return {.answers = loop.services(),
          .router = loop.documents(),
          .limits = with_usage(listener.limits),
          .proxies = listener.trusted_proxies.get(),
          .tls = listener.speaks_tls ? certificates_.get() : nullptr,
          .https = &plan_.site().https,
          .proxy_protocol = listener.proxy_protocol.get(),
          .rate_limiter = &rate_limiter_,
          .handshake_limiter = &handshake_limiter_,
          .telemetry = plan_.process.telemetry.get(),
          .access_log = listener.access_log};
}

server::ConnectionLimits Serving::with_usage(server::ConnectionLimits limits) {
  limits.body_spool.usage = &body_usage_;
  limit_files(limits.body_spool);
  return limits;
}

// The main thread's chores, once a second.
void Serving::await_second() {
  second_->after(std::chrono::seconds(1), [this] {
    // Reaps orphans of processes that scripts started, where tusk is process 1, and what an ended
    // worker had started. The main thread starts nothing itself, so no proc_close() of a script can
    // lose a status to this. A handler of SIGCHLD would be called for every child of every script.
    (void)base::process::reap_children();
    if (certificate_watch_) certificate_watch_->report_if_blocked();
    metrics_.publish(gauges());
    ask_to_be_replaced();
    end_if_a_pool_is_dead();
    await_second();
  });
}

bool Serving::stop_readers() {
  bool ended = !certificate_watch_ || certificate_watch_->stop(kReaderStopTimeout);
  ended = (!source_watch_ || source_watch_->stop(kReaderStopTimeout)) && ended;
  ended = (!preload_watch_ || preload_watch_->stop(kReaderStopTimeout)) && ended;
  ended = lister_.stop(kReaderStopTimeout) && ended;
  ended = slow_pages_.stop(kReaderStopTimeout) && ended;
  ended = orders_.stop(kReaderStopTimeout) && ended;
  ended = page_reader_.stop(kReaderStopTimeout) && ended;
  if (span_exporter_ != nullptr) ended = span_exporter_->stop(kExportTimeout) && ended;
  return encoder_.stop(kReaderStopTimeout) && ended;
}

int Serving::shut_down() {
  supervision_.close();
  bool drained = true;
  std::size_t lost = 0;
  for (const auto& loop : loops_) {
    drained = drained && !loop->drain_failed();
    lost += loop->lost();
  }
  if (!drained) {
    observe::error("drain timed out: requests in flight are lost", {{"requests", lost}});
  }
  for (const auto& queue : queues_) queue->close();
  const bool stopped = pools_.stop(drained ? kWorkerStopTimeout : kLateWorkerStopTimeout);
  const bool readers_ended = stop_readers();
  if (!stopped) observe::error("a worker did not stop");
  if (!drained || !stopped) {
    // Connections or a script still use what destructors would free.
    observe::flush();
    ::_exit(1);
  }
  observe::info("stopped", {{"pid", ::getpid()}, {"generation", supervision_.generation()}});
  if (pools_.any_stuck() || !readers_ended) {
    // The same, but no request was cut off.
    observe::flush();
    ::_exit(0);
  }
  return 0;
}

}  // namespace tusk::app
