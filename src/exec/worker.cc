#include "exec/worker.h"

#include <utility>

#include "base/blocked_signals.h"
#include "observe/log.h"

namespace tusk::exec {

std::string_view to_string(WorkerState state) {
  switch (state) {
    case WorkerState::kStarting:
      return "starting";
    case WorkerState::kIdle:
      return "idle";
    case WorkerState::kBusy:
      return "busy";
    case WorkerState::kLost:
      return "lost";
    case WorkerState::kStopped:
      return "stopped";
  }
  return "unknown";
}

Worker::Worker(int index, const WorkerSettings& settings, Engine& engine, RequestQueue& queue,
               LostClients& lost_clients, observe::MetricsShard& metrics,
               std::function<void()> on_change)
    : index_(index),
      settings_(settings),
      engine_(engine),
      queue_(queue),
      lost_clients_(lost_clients),
      metrics_(metrics),
      encoding_(settings.compression, metrics),
      on_change_(std::move(on_change)) {}

namespace {

// Nobody lives there, so that a function with large local arrays does not step over it.
constexpr std::size_t kStackGuardBytes = std::size_t{1} << 20;

}  // namespace

base::Result<void> Worker::launch() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  // glibc takes the guard off the stack's size.
  int error = pthread_attr_setstacksize(&attributes, settings_.stack_bytes + kStackGuardBytes);
  if (error == 0) error = pthread_attr_setguardsize(&attributes, kStackGuardBytes);
  if (error == 0) {
    const base::AllSignalsBlocked blocked;  // the thread inherits it
    error = pthread_create(&thread_, &attributes, &Worker::thread_main, this);
  }
  pthread_attr_destroy(&attributes);
  if (error != 0) return base::fail_errno("start a worker thread", error);
  running_ = true;
  return {};
}

bool Worker::join(const timespec& until) {
  if (running_ && pthread_timedjoin_np(thread_, nullptr, &until) == 0) running_ = false;
  return !running_;
}

void* Worker::thread_main(void* argument) {
  auto& worker = *static_cast<Worker*>(argument);
  const std::string name = "tusk-worker-" + std::to_string(worker.index_);
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
  worker.stack_.find();
  worker.run();
  worker.report(WorkerState::kStopped);
  return nullptr;
}

void Worker::report(WorkerState state) {
  state_.store(state, std::memory_order_release);
  on_change_();
}

void Worker::run() {
  for (bool restarted = false;; restarted = true) {
    base::Result<std::unique_ptr<Executor>> executor = engine_.make_executor(index_);
    if (!executor) {
      start_error_ = executor.error().message;
      observe::error("worker cannot start", {{"worker", index_}, {"reason", start_error_}});
      return;
    }
    if (restarted) metrics_.add<observe::Metric::kWorkerRestarts>();
    executor_ = executor->get();
    report(WorkerState::kIdle);
    const Served served = serve(**executor);
    if (served == Served::kQueueClosed) return;
    if (served == Served::kLost) {
      observe::warn("a lost worker came back, and ends", {{"worker", index_}});
      return;
    }
    if (served == Served::kBroken) {
      observe::warn("worker is replaced: its PHP state cannot be trusted", {{"worker", index_}});
    }
    report(WorkerState::kStarting);
  }
}

Worker::Served Worker::serve(Executor& executor) {
  std::uint64_t served = 0;
  while (Exchange* const exchange = queue_.pop()) {
    Outcome outcome = Outcome::kHealthy;
    execute(executor, *exchange, outcome);
    stack_.give_back();
    if (lost_.load(std::memory_order_relaxed)) return Served::kLost;
    if (outcome == Outcome::kBroken) return Served::kBroken;
    if (++served == settings_.max_requests) return Served::kEnough;
  }
  return Served::kQueueClosed;
}

void Worker::execute(Executor& executor, Exchange& exchange, Outcome& outcome) {
  Reply reply(exchange, settings_.reply);
  if (!exchange.start(index_, base::now()) || refuse(exchange, reply)) return reply.release();
  state_.store(WorkerState::kBusy, std::memory_order_relaxed);
  requests_.store(requests_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  metrics_.queue_waited(exchange.started - exchange.job.enqueued);
  current_.begin(exchange);
  reply.encode_with(encoding_);
  outcome = executor.run(exchange.job, reply);
  reply.complete();
  current_.end();
  if (exchange.fatal_error) metrics_.add<observe::Metric::kPhpFatalErrors>();
  if (exchange.abandoned_library) metrics_.add<observe::Metric::kPhpAbandonedLibraries>();
  if (!lost_.load(std::memory_order_relaxed)) {
    state_.store(WorkerState::kIdle, std::memory_order_relaxed);
  }
  reply.release();
}

// The loop has asked when it queued the request; its client may have lost workers since, by
// requests that it sent at the same time.
bool Worker::refuse(Exchange& exchange, Reply& reply) {
  exchange.refused_for = lost_clients_.refused_for(exchange.job, exchange.started);
  if (exchange.refused_for.count() == 0) return false;
  reply.fail(503);
  return true;
}

bool Worker::watch(base::MonotonicTime now) {
  bool lost = false;
  current_.visit([&](Exchange& exchange) {
    const Watched found = executor_->watch(exchange, now);
    if (found == Watched::kFine) return;
    lost = true;
    lose(exchange, found == Watched::kCrashed, now);
  });
  return lost;
}

void Worker::lose(Exchange& exchange, bool crashed, base::MonotonicTime now) {
  lost_.store(true, std::memory_order_relaxed);
  state_.store(WorkerState::kLost, std::memory_order_release);
  if (crashed) {
    stuck_.store(true, std::memory_order_release);
    metrics_.add<observe::Metric::kPhpCrashes>();  // its only writer has stopped
  }
  const Job& job = exchange.job;
  observe::error(crashed ? "a worker is lost: its script has crashed"
                         : "a worker is lost: its script does not end",
                 {{"worker", index_},
                  {"request", job.request_id},
                  {"client", job.view(job.remote_address)},
                  {"script", job.view(job.script_filename)},
                  {"uri", job.view(job.head.target)}});
  loss_ = lost_clients_.add(job, now);
  exchange.abandon(crashed ? 500 : 504);
}

void Worker::watch_lost(base::MonotonicTime now) {
  current_.visit([&](Exchange& /*exchange*/) {
    if (is_stuck()) return;
    lost_clients_.renew(loss_, now);
    if (!executor_->watch_lost()) return;
    stuck_.store(true, std::memory_order_release);
    observe::error("a lost worker is stopped for ever: OPcache's restart waits for it",
                   {{"worker", index_}});
  });
}

WorkerStatus Worker::status() {
  WorkerStatus status;
  status.worker = index_;
  status.state = state();
  status.requests = requests_.load(std::memory_order_relaxed);
  current_.visit([&](const Exchange& exchange) {
    const Job& job = exchange.job;
    status.request_id = job.request_id;
    status.running = base::now() - exchange.started;
    status.method = job.view(job.head.method);
    status.target = job.view(job.head.target);
    status.script = job.view(job.script_filename);
  });
  return status;
}

}  // namespace tusk::exec
