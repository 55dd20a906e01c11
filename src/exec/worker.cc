#include "exec/worker.h"

#include <utility>

#include "base/blocked_signals.h"
#include "exec/observation/request_event.h"
#include "observe/log.h"

namespace tusk::exec {

Worker::Worker(int index, const WorkerSettings& settings, Engine& engine, RequestQueue& queue,
               LostClients& lost_clients, observation::SlowLog& slow_log, const Records& records,
               std::function<void()> on_change)
    : index_(index),
      settings_(settings),
      engine_(engine),
      records_(records),
      source_(index, settings.requests, queue, lost_clients, records.metrics, records.slot),
      slow_log_(slow_log),
      on_change_(std::move(on_change)) {}

namespace {

// Keeps functions with large local arrays from stepping over the guard into other memory.
constexpr std::size_t kStackGuardBytes = std::size_t{1} << 20;

}  // namespace

base::Result<void> Worker::launch() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  // glibc subtracts the guard from the stack's size.
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
  worker.stack_.locate();
  worker.run();
  worker.enter(Phase::kStopped);
  return nullptr;
}

WorkerState Worker::state() const {
  switch (phase_.load(std::memory_order_acquire)) {
    case Phase::kStarting:
      return WorkerState::kStarting;
    case Phase::kStopped:
      return WorkerState::kStopped;
    case Phase::kServing:
      break;
  }
  if (source_.is_lost()) return WorkerState::kLost;
  return source_.is_busy() ? WorkerState::kBusy : WorkerState::kIdle;
}

void Worker::enter(Phase phase) {
  phase_.store(phase, std::memory_order_release);
  // While it serves, the slot itself knows whether it is busy.
  records_.slot.set_state(phase == Phase::kStarting  ? WorkerState::kStarting
                          : phase == Phase::kServing ? WorkerState::kIdle
                                                     : WorkerState::kStopped);
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
    if (restarted) records_.metrics.add<observe::Metric::kWorkerRestarts>();
    executor_ = executor->get();
    enter(Phase::kServing);
    const ServeEnd end = serve(**executor);
    show(PathCacheUse());
    if (source_.is_lost()) {
      observe::warn("lost worker has finished its script and ends", {{"worker", index_}});
      return;
    }
    if (end == ServeEnd::kBroken) {
      observe::warn("replacing a worker: its PHP state cannot be trusted", {{"worker", index_}});
    } else if (end == ServeEnd::kMemory) {
      records_.metrics.worker_recycled(observe::WorkerRecycling::kMemory);
      observe::debug("replacing a worker: it keeps much memory",
                     {{"worker", index_}, {"bytes", (*executor)->retained_bytes()}});
    } else if (source_.end() == RequestSource::End::kQueueClosed) {
      return;
    } else {
      records_.metrics.worker_recycled(observe::WorkerRecycling::kRequests);
    }
    enter(Phase::kStarting);
  }
}

Worker::ServeEnd Worker::serve(Executor& executor) {
  source_.begin_executor();
  while (source_.next()) {
    const ExecutorHealth health = executor.run(source_.job(), source_.reply());
    show(executor.path_cache());
    if (slow_log_.is_on()) slow_log_.ended(index_, source_.reply(), executor, base::now());
    source_.finish();
    stack_.give_back();
    if (health == ExecutorHealth::kBroken) return ServeEnd::kBroken;
    if (settings_.memory_limit != 0 && executor.retained_bytes() > settings_.memory_limit)
      return ServeEnd::kMemory;
  }
  return ServeEnd::kNoRequest;
}

void Worker::show(const PathCacheUse& use) {
  records_.metrics.set<observe::Metric::kRealpathBytes>(use.bytes);
  records_.metrics.set<observe::Metric::kRealpathEntries>(use.entries);
  records_.metrics.set<observe::Metric::kRealpathMaxBytes>(use.max_bytes);
}

bool Worker::watch(base::MonotonicTime now) {
  bool lost = false;
  source_.visit([&](Exchange& exchange) {
    if (slow_log_.is_on()) slow_log_.watch(index_, exchange, *executor_, now);
    const WatchResult result = executor_->watch(exchange, now);
    if (result == WatchResult::kFine) return;
    lost = true;
    lose(exchange, result == WatchResult::kCrashed, now);
  });
  return lost;
}

void Worker::lose(Exchange& exchange, bool crashed, base::MonotonicTime now) {
  if (crashed) {
    stuck_.store(true, std::memory_order_release);
    records_.metrics.add<observe::Metric::kPhpCrashes>();  // its only writer has stopped
    source_.free_output();
  }
  records_.slot.set_state(WorkerState::kLost);
  const Job& job = exchange.job;
  observe::error(crashed ? "a worker is lost: its script has crashed"
                         : "a worker is lost: its script does not end",
                 {{"worker", index_},
                  {"request", job.request_id},
                  {"request_id", job.id().view()},
                  {"client", job.view(job.origin.client_address)},
                  {"script", job.view(job.script_filename)},
                  {"uri", job.view(job.head.target)}});
  observation::note_request_event(
      job, {.kind = observe::EventKind::kLostWorker,
            .status = crashed ? 500 : 504,
            .duration_ns = (now - exchange.started).count(),
            .message = crashed ? "its script has crashed" : "its script does not end"});
  source_.lose(exchange, crashed ? 500 : 504, now);
}

void Worker::watch_lost(base::MonotonicTime now) {
  source_.visit([&](Exchange& /*exchange*/) {
    if (is_stuck()) return;
    source_.renew_loss(now);
    if (!executor_->watch_lost()) return;
    stuck_.store(true, std::memory_order_release);
    observe::error("stopped a lost worker for ever: a restart of OPcache waits for it",
                   {{"worker", index_}});
  });
}

WorkerStatus Worker::status() {
  WorkerStatus status;
  status.worker = index_;
  status.state = state();
  status.requests = source_.started();
  source_.visit([&](const Exchange& exchange) {
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
