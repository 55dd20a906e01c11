#include "exec/pool/worker.h"

#include <chrono>
#include <thread>
#include <utility>

#include "base/blocked_signals.h"
#include "exec/observation/request_event.h"
#include "observe/log.h"

namespace tusk::exec::pool {

Worker::Worker(int index, const WorkerSettings& settings, Engine& engine, RequestQueue& queue,
               LostClients& lost_clients, observation::SlowLog& slow_log,
               resident::BootPace& boot_pace, const Records& records,
               std::function<void()> on_change)
    : index_(index),
      settings_(settings),
      engine_(engine),
      records_(records),
      source_(index, settings.requests, queue, lost_clients, records.metrics, records.slot),
      slow_log_(slow_log),
      boot_pace_(boot_pace),
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

// pthread_timedjoin_np() waits by the wall clock, which may jump, and the thread sanitizer does not
// know pthread_clockjoin_np().
bool Worker::join(base::MonotonicTime until) {
  constexpr std::chrono::milliseconds kTick{1};
  while (running_) {
    if (pthread_tryjoin_np(thread_, nullptr) == 0) {
      running_ = false;
    } else if (base::now() >= until) {
      break;
    } else {
      std::this_thread::sleep_for(kTick);
    }
  }
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
      if (source_.is_lost()) return WorkerState::kLost;
      return source_.is_busy() ? WorkerState::kBooting : WorkerState::kStarting;
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
    base::Result<std::unique_ptr<Executor>> executor =
        engine_.make_executor(index_, settings_.scripts);
    if (!executor) {
      start_error_ = executor.error().message;
      return;
    }
    if (restarted) records_.metrics.add<observe::Metric::kWorkerRestarts>();
    executor_ = executor->get();
    source_.begin_executor();
    const ServeEnd end = is_resident() ? serve_resident(**executor) : serve(**executor);
    show(PathCacheUse());
    if (source_.is_lost()) {
      observe::warn("lost worker has finished its script and ends",
                    {{"worker", index_}, pool_field(settings_.shown_pool)});
      return;
    }
    if (end == ServeEnd::kBroken) {
      observe::warn("replacing a worker: PHP cannot be put in order after its last request",
                    {{"worker", index_}, pool_field(settings_.shown_pool)});
    } else if (end == ServeEnd::kMemory) {
      count_recycling(observe::WorkerRecycling::kMemory);
      observe::debug("replacing a worker: it keeps much memory",
                     {{"worker", index_},
                      pool_field(settings_.shown_pool),
                      {"bytes", (*executor)->retained_bytes()}});
    } else if (source_.end() == RequestSource::End::kRequestLimit) {
      count_recycling(observe::WorkerRecycling::kRequests);
    } else if (source_.end() != RequestSource::End::kRestart) {
      if (source_.end() == RequestSource::End::kRetired && source_.wants_successor()) {
        count_recycling(observe::WorkerRecycling::kRequests);
        records_.metrics.add<observe::Metric::kWorkerRestarts>();
      }
      return;
    }
    enter(Phase::kStarting);
  }
}

// `by_default`: unless it has wanted a successor for another reason.
void Worker::count_recycling(observe::WorkerRecycling by_default) {
  const observe::WorkerRecycling reason = source_.recycling().value_or(by_default);
  records_.metrics.worker_recycled(reason);
  records_.pool.recycled(reason);
}

Worker::ServeEnd Worker::serve(Executor& executor) {
  enter(Phase::kServing);
  while (source_.next()) {
    const ExecutorHealth health = executor.run(source_.job(), source_.reply());
    finish();
    if (health == ExecutorHealth::kBroken) return ServeEnd::kBroken;
    if (is_over_memory_limit() && !source_.serves_on(observe::WorkerRecycling::kMemory))
      return ServeEnd::kMemory;
  }
  return ServeEnd::kNoRequest;
}

// Runs the pool's script again and again, until the worker needs a new executor or ends.
Worker::ServeEnd Worker::serve_resident(Executor& executor) {
  for (;;) {
    if (source_.gives_up(boot_pace_.retry_after())) return ServeEnd::kNoRequest;
    over_memory_limit_ = false;
    has_served_ = false;
    const ScriptEnd end = executor.serve(*this);
    show(executor.path_cache());
    const bool was_up = phase_.load(std::memory_order_relaxed) == Phase::kServing;
    if (counts_as_up_.exchange(false, std::memory_order_acq_rel)) boot_pace_.ended();
    if (source_.is_lost()) return ServeEnd::kNoRequest;
    if (was_up) enter(Phase::kStarting);
    if (end == ScriptEnd::kBroken) return ServeEnd::kBroken;
    if (over_memory_limit_) return ServeEnd::kMemory;
    if (end == ScriptEnd::kAsked && source_.end() != RequestSource::End::kRestart)
      return ServeEnd::kNoRequest;
    // When the server ends, it is not the script that has failed.
    if (end == ScriptEnd::kBootFailed && !source_.is_closed())
      wait_to_boot(boot_pace_.failed(index_, ++failed_boots_, boot_error_));
  }
}

void Worker::wait_to_boot(base::Duration delay) {
  constexpr std::chrono::milliseconds kTick{20};
  records_.slot.set_state(WorkerState::kStarting);
  on_change_();
  for (const base::MonotonicTime until = base::now() + delay; base::now() < until;) {
    if (source_.must_end()) return;
    if (boot_pace_.is_down()) source_.refuse_waiting(boot_pace_.retry_after());
    std::this_thread::sleep_for(kTick);
  }
}

void Worker::booted() {
  slow_log_.boot_ended(name(), *boot_, observation::SlowLog::BootEnd::kServes, base::now());
  failed_boots_ = 0;
  counts_as_up_.store(true, std::memory_order_release);
  boot_wants_restart_.store(engine_.loops_must_end(), std::memory_order_release);
  boot_pace_.booted();
  records_.pool.worker_booted();
  show(executor_->path_cache());
  enter(Phase::kServing);
}

void Worker::fail_boot(std::string_view error) {
  slow_log_.boot_ended(name(), *boot_, observation::SlowLog::BootEnd::kFailed, base::now());
  boot_error_ = error;
  records_.pool.worker_boot_failed();
}

bool Worker::next() {
  // A limit below what the boot needs must not end a script that has served nothing.
  if (has_served_ && is_over_memory_limit() &&
      !source_.serves_on(observe::WorkerRecycling::kMemory)) {
    over_memory_limit_ = true;
    return false;
  }
  if (engine_.loops_must_end() && !keeps_serving())
    source_.ask_to_end(RequestSource::End::kRestart);
  const bool has_request = source_.next();
  has_served_ = has_served_ || has_request;
  return has_request;
}

void Worker::finish() {
  show(executor_->path_cache());
  if (slow_log_.is_on()) slow_log_.ended(name(), source_.reply(), *executor_, base::now());
  source_.finish();
  stack_.give_back();
}

void Worker::show(const PathCacheUse& use) {
  records_.metrics.set<observe::Metric::kRealpathBytes>(use.bytes);
  records_.metrics.set<observe::Metric::kRealpathEntries>(use.entries);
  records_.metrics.set<observe::Metric::kRealpathMaxBytes>(use.max_bytes);
}

bool Worker::watch(base::MonotonicTime now) {
  bool lost = false;
  source_.visit([&](Exchange& exchange) {
    // Between two requests a resident script is not slow: it waits for the next one.
    const bool runs =
        exchange.channel != nullptr || phase_.load(std::memory_order_acquire) == Phase::kStarting;
    if (slow_log_.is_on() && runs) slow_log_.watch(name(), exchange, *executor_, now);
    const WatchResult result = executor_->watch(exchange, now);
    if (result == WatchResult::kFine) return;
    lost = true;
    lose(exchange, result == WatchResult::kCrashed, now);
  });
  return lost;
}

bool Worker::break_off_boot(base::MonotonicTime now) {
  if (state() != WorkerState::kBooting) return false;
  return source_.visit([&](Exchange& exchange) { executor_->break_off(exchange, now); });
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
                  pool_field(settings_.shown_pool),
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
  if (is_resident()) {
    if (counts_as_up_.exchange(false, std::memory_order_acq_rel)) {
      boot_pace_.ended();
    } else {
      boot_pace_.failed(index_, 1, crashed ? "its boot crashes" : "its boot does not end");
    }
  }
  source_.lose(exchange, crashed ? 500 : 504, now);
  on_change_();
}

void Worker::watch_lost(base::MonotonicTime now) {
  source_.visit([&](Exchange& /*exchange*/) {
    if (is_stuck()) return;
    source_.renew_loss(now);
    if (!executor_->watch_lost()) return;
    stuck_.store(true, std::memory_order_release);
    observe::error("stopped a lost worker for ever: a restart of OPcache waits for it",
                   {{"worker", index_}, pool_field(settings_.shown_pool)});
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

}  // namespace tusk::exec::pool
