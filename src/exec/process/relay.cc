#include "exec/process/relay.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "exec/executor.h"
#include "exec/observation/request_event.h"
#include "exec/pool/worker_name.h"
#include "exec/process/job_encoding.h"
#include "observe/log.h"

namespace tusk::exec::process {

namespace {

constexpr std::uint32_t kAll = Exchange::kHeadReady | Exchange::kFinished | Exchange::kReleased;

// Answers a request that no worker has.
void refuse(Exchange& exchange, int status) {
  exchange.error_status = status;
  exchange.publish(kAll);
}

// A field that is left out if it is empty.
observe::Field known(std::string_view name, std::string_view value) {
  return {value.empty() ? std::string_view() : name, value};
}

// What the slow log asks when a request has ended.
class EndedExecutor final : public Executor {
 public:
  explicit EndedExecutor(bool is_event_stream) : is_event_stream_(is_event_stream) {}
  ExecutorHealth run(const Job& /*job*/, Reply& /*reply*/) noexcept override {
    return ExecutorHealth::kBroken;
  }
  bool is_event_stream() const noexcept override { return is_event_stream_; }

 private:
  const bool is_event_stream_;
};

}  // namespace

Relay::Relay(const Parts& parts)
    : parts_(parts), cores_(std::max(1U, std::thread::hardware_concurrency())) {}

void Relay::round(base::MonotonicTime now) {
  wanted_.store(true, std::memory_order_seq_cst);
  while (wanted_.load(std::memory_order_seq_cst)) {
    // The thread that holds the lock looks at `wanted_` once more when it releases it.
    if (!mutex_.try_lock()) return;
    wanted_.store(false, std::memory_order_seq_cst);
    collect(now);
    dispatch(now);
    if (owed_since_ != base::MonotonicTime{} && now - owed_since_ >= kLongestDelay) wake_workers();
    mutex_.unlock();
  }
}

bool Relay::prepare_to_sleep() {
  if (wanted_.load(std::memory_order_seq_cst)) return false;
  if (!mutex_.try_lock()) return false;
  wake_workers();
  const bool any =
      std::ranges::any_of(workers_, [](const auto& worker) { return worker->has_news(); });
  mutex_.unlock();
  return !any;
}

void Relay::wake_workers() {
  if (owed_since_ == base::MonotonicTime{}) return;
  owed_since_ = {};
  for (const auto& worker : workers_) worker->wake();
}

void Relay::collect(base::MonotonicTime now) {
  for (const auto& worker : workers_) {
    if (worker->is_free()) continue;
    const RemoteWorker::Collected collected =
        worker->collect(now, [&](const Exchange& exchange, bool is_lost) {
          if (is_lost) note_broken(*worker, exchange, now);
          note_end(*worker, exchange, now);
        });
    worker->forward_progress();
    parts_.queue.begun(worker->newly_begun());
    if (!collected.broken) continue;
    broken_.emplace_back(worker->index(), worker->pid());
    has_broken_.store(true, std::memory_order_release);
    take_back_waiting(*worker);
  }
}

// What waits for a worker that runs a long request, or does not wake up, is taken back.
Relay::Load Relay::look_at_workers(base::MonotonicTime now) {
  const std::size_t served = std::exchange(serving_, 0);
  // An idle worker is worth its wake-up.
  const bool spreads = !are_quick() && std::ranges::any_of(workers_, [](const auto& worker) {
    return worker->is_free() && worker->serves();
  });
  Load load;
  std::size_t running_nothing = 0;
  for (const auto& worker : workers_) {
    worker->see_whether_it_serves();
    const bool serves = worker->serves();
    serving_ += serves ? 1 : 0;
    running_nothing += serves && worker->waiting() == worker->requests() ? 1 : 0;
    if (worker->is_free()) {
      load.idle += serves ? 1 : 0;
      continue;
    }
    if (worker->waiting() != 0 && served > 1 && worker->has_overslept(now)) {
      worker->begin_dozing(now);
      take_back_waiting(*worker);
      continue;
    }
    const bool is_long = runs_long(*worker, now);
    if (worker->requests() == 1) {
      load.quick += is_long ? 0 : 1;
      continue;
    }
    // If it has begun none, it is about to: one of them would be the next.
    const bool runs_one = worker->waiting() != worker->requests();
    if (runs_one && (is_long || spreads)) take_back_waiting(*worker);
    load.quick += is_long ? 0 : 1;
    load.any_behind = load.any_behind || worker->requests() > 1;
  }
  parts_.queue.set_free_workers(running_nothing);
  return load;
}

// Returns how many requests each worker may have.
std::size_t Relay::most_requests() const {
  const auto run = std::max(mean_run_, base::Duration(std::chrono::microseconds(1)));
  return std::clamp<std::size_t>(kLongestWork / run, kFewest, kSlots);
}

// First idle workers get one each; then those with quick ones get further ones in turns, which they
// begin without a wake-up.
void Relay::dispatch(base::MonotonicTime now) {
  Load load = look_at_workers(now);
  const bool quick = are_quick();
  bool left = true;
  for (const auto& worker : workers_) {
    if (!left || load.idle == 0) break;
    if (!worker->is_free() || !worker->serves()) continue;
    // What was taken back has waited for long enough.
    if (quick && load.quick >= cores_ && returned_.empty()) break;
    const Handed handed = hand_out(*worker, Place::kFirst, now);
    left = handed != Handed::kNoneWaits;
    load.idle -= left ? 1 : 0;
    load.quick += handed == Handed::kYes ? 1 : 0;
  }
  const std::size_t most_of_all = left && load.quick != 0 ? most_requests() : 0;
  Handed behind = Handed::kYes;
  for (std::size_t most = 2; behind == Handed::kYes && most <= most_of_all; ++most) {
    for (const auto& worker : workers_) {
      if (worker->is_free() || worker->requests() >= most || !worker->serves()) continue;
      if (runs_long(*worker, now)) continue;
      behind = hand_out(*worker, Place::kBehind, now);
      if (behind != Handed::kYes) break;
      load.any_behind = true;
    }
  }
  left = left && behind != Handed::kNoneWaits;
  // All that are awake have enough.
  for (const auto& worker : workers_) {
    if (!left || load.idle == 0) break;
    if (!worker->is_free() || !worker->serves()) continue;
    left = hand_out(*worker, Place::kFirst, now) != Handed::kNoneWaits;
    load.idle -= left ? 1 : 0;
  }
  gathered_.store(load.idle != 0 && load.any_behind, std::memory_order_relaxed);
}

// What is taken back leaves its descriptor in the slot's socket, until a request with another one
// runs in that slot: in the end the socket would be full, and the files of the bodies stay.
Relay::Handed Relay::hand_out(RemoteWorker& worker, Place place, base::MonotonicTime now) {
  for (;;) {
    Exchange* const exchange = next_waiting();
    if (exchange == nullptr) return Handed::kNoneWaits;
    if (exchange->cancelled()) {
      drop(*exchange);
      continue;
    }
    if (place == Place::kBehind && body_place(exchange->job) == BodyPlace::kDescriptor) {
      returned_.push_front(exchange);
      return Handed::kMustBeFirst;
    }
    // The loop has checked this when it queued the request.
    exchange->refused_for = parts_.lost_clients.refused_for(exchange->job, now);
    if (exchange->refused_for.count() != 0) {
      parts_.queue.begun(1);
      refuse(*exchange, 503);
      continue;
    }
    const RemoteWorker::Given given = worker.give(*exchange, now);
    if (given == RemoteWorker::Given::kYes) {
      if (owed_since_ == base::MonotonicTime{}) owed_since_ = now;
      return Handed::kYes;
    }
    if (given == RemoteWorker::Given::kNotToThis) {
      returned_.push_front(exchange);
      return Handed::kNotToThis;
    }
    observe::error("a request cannot be given to a worker process",
                   {{"request", exchange->job.request_id}});
    parts_.queue.begun(1);
    refuse(*exchange, 500);
  }
}

Exchange* Relay::next_waiting() {
  if (!returned_.empty()) {
    Exchange* const exchange = returned_.front();
    returned_.pop_front();
    return exchange;
  }
  return parts_.queue.lend();
}

void Relay::take_back_waiting(RemoteWorker& worker) {
  const auto enqueued = [](const Exchange* exchange) { return exchange->job.enqueued; };
  while (Exchange* const waiting = worker.take_back_waiting()) {
    const auto later = std::ranges::upper_bound(returned_, enqueued(waiting), {}, enqueued);
    returned_.insert(later, waiting);
  }
}

void Relay::note_lost_lines(RemoteWorker& worker) {
  const std::uint64_t lost = worker.take_lost_lines();
  if (lost == 0) return;
  parts_.metrics.add<observe::Metric::kLogLinesDropped>(lost);
  lost_lines_.fetch_add(lost, std::memory_order_relaxed);
}

void Relay::note_end(RemoteWorker& worker, const Exchange& exchange, base::MonotonicTime now) {
  note_lost_lines(worker);
  ended_.store(ended_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  observe::MetricsShard& metrics = parts_.metrics;
  metrics.queue_waited(exchange.started - exchange.job.enqueued);
  const base::Duration took = worker.ended(exchange, now) - exchange.started;
  mean_run_ += (took - mean_run_) / 16;
  metrics.php_took(took - exchange.waited());
  if (exchange.memory_peak_bytes != 0) metrics.php_used_memory(exchange.memory_peak_bytes);
  if (exchange.fatal_error) metrics.add<observe::Metric::kPhpFatalErrors>();
  if (const ResponseCompression& compression = exchange.compression; compression.any) {
    metrics.compression_begun(compression.coding);
    metrics.compressed(compression.coding, compression.from_bytes, compression.to_bytes);
  }
  if (exchange.abandoned_library) metrics.add<observe::Metric::kPhpAbandonedLibraries>();
  if (!parts_.slow_log.is_on()) return;
  static const ReplyLimits kLimits{};
  const Reply reply(const_cast<Exchange&>(exchange), kLimits);
  parts_.slow_log.ended({worker.index(), parts_.shown_pool}, reply,
                        EndedExecutor(worker.runs_event_stream()), now);
}

bool Relay::cancel_if_waiting(Exchange& exchange) {
  const base::MutexLock lock(mutex_);
  for (const auto& worker : workers_) {
    switch (worker->take_back(exchange, base::now())) {
      case RemoteWorker::TakeBack::kNotHere:
        continue;
      case RemoteWorker::TakeBack::kBegun:
        return false;
      case RemoteWorker::TakeBack::kTaken:
        (void)exchange.cancel_if_waiting();
        drop(exchange);
        return true;
    }
  }
  // It is still in the queue, or its worker has ended.
  return exchange.cancel_if_waiting();
}

// Its client does not wait for it any more.
void Relay::drop(Exchange& exchange) {
  parts_.queue.begun(1);
  parts_.queue.note_dropped();
  exchange.publish(kAll);
}

bool Relay::drop_cancelled() {
  const base::MutexLock lock(mutex_);
  return std::erase_if(returned_, [&](Exchange* exchange) {
           if (!exchange->cancelled()) return false;
           drop(*exchange);
           return true;
         }) != 0;
}

void Relay::add(std::unique_ptr<RemoteWorker> worker) {
  const base::MutexLock lock(mutex_);
  workers_.push_back(std::move(worker));
}

std::unique_ptr<RemoteWorker> Relay::remove(int index, pid_t pid, std::string_view how) {
  const base::MutexLock lock(mutex_);
  const auto found = std::ranges::find_if(workers_, [&](const auto& worker) {
    return worker->index() == index && worker->pid() == pid;
  });
  if (found == workers_.end()) return nullptr;
  std::unique_ptr<RemoteWorker> worker = std::move(*found);
  workers_.erase(found);
  const base::MonotonicTime now = base::now();
  const int status = worker->is_late() ? 504 : 502;
  const auto on_end = [&](const Exchange& exchange, bool is_lost) {
    if (is_lost) note_broken(*worker, exchange, now);
    note_end(*worker, exchange, now);
  };
  // It may have begun a request since the last round.
  (void)worker->collect(now, on_end);
  note_lost_lines(*worker);
  log_loss(*worker, how, status);
  worker->bury(status, now, on_end);
  take_back_waiting(*worker);
  // A hostile one may have left others in a state that it cannot have.
  worker->bury_rest(status, now, on_end);
  parts_.queue.begun(worker->newly_begun());
  worker->count_cpu(now, parts_.metrics);
  std::erase_if(broken_, [&](const auto& broken) { return broken.second == pid; });
  // Somebody has to hand out what was returned.
  wanted_.store(true, std::memory_order_seq_cst);
  return worker;
}

// Says which request is lost with the worker.
void Relay::log_loss(RemoteWorker& worker, std::string_view how, int status) {
  base::MonotonicTime since{};
  const Exchange* const exchange = worker.running(since);
  if (exchange == nullptr) {
    if (worker.is_ending() || worker.wishes(Wish::kEnd)) return;
    observe::error("a worker process has ended without a request",
                   {{"worker", worker.index()}, pool::pool_field(parts_.shown_pool), {"how", how}});
    return;
  }
  worker.set_lost_request();
  const Job& job = exchange->job;
  // Not if the server has asked it to end, or its host has: that is not the request's doing.
  if (!worker.is_ending() || worker.is_used_up() || worker.is_late())
    (void)parts_.lost_clients.add(job, base::now());
  tell_of_loss(worker, job, {.status = status, .ran = base::now() - since, .how = how});
}

// The worker is about to be killed.
void Relay::note_broken(const RemoteWorker& worker, const Exchange& exchange,
                        base::MonotonicTime now) {
  (void)parts_.lost_clients.add(exchange.job, now);
  tell_of_loss(
      worker, exchange.job,
      {.status = 502, .ran = now - exchange.started, .how = "it has written what is no response"});
}

void Relay::tell_of_loss(const RemoteWorker& worker, const Job& job, const Loss& loss) {
  const http::RequestId id = job.id();
  observe::error("a worker process has ended, and its request with it",
                 {{"worker", worker.index()},
                  pool::pool_field(parts_.shown_pool),
                  {"how", loss.how},
                  {"request", job.request_id},
                  {"request_id", id.view()},
                  {"client", job.view(job.origin.client_address)},
                  {"script", job.view(job.script_filename)},
                  {"uri", job.view(job.head.target)},
                  known("waits_in", worker.last_wait()),
                  known("backtrace", worker.last_backtrace())});
  observation::note_request_event(job, {.kind = observe::EventKind::kLostWorker,
                                        .status = loss.status,
                                        .duration_ns = loss.ran.count(),
                                        .message = loss.how});
}

std::vector<std::pair<int, pid_t>> Relay::take_broken() {
  const base::MutexLock lock(mutex_);
  has_broken_.store(false, std::memory_order_release);
  return std::exchange(broken_, {});
}

}  // namespace tusk::exec::process
