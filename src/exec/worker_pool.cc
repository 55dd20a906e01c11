#include "exec/worker_pool.h"

#include <cerrno>
#include <ctime>
#include <utility>

#include <signal.h>

#include "observe/log.h"

namespace tusk::exec {

std::string_view to_string(WorkerState state) {
  switch (state) {
    case WorkerState::starting:
      return "starting";
    case WorkerState::idle:
      return "idle";
    case WorkerState::busy:
      return "busy";
    case WorkerState::stopped:
      return "stopped";
  }
  return "unknown";
}

WorkerPool::WorkerPool(WorkerPoolSettings settings, Engine& engine, RequestQueue& queue,
                       observe::Metrics& metrics)
    : settings_(std::move(settings)), engine_(engine), queue_(queue) {
  for (int i = 0; i < settings_.workers; ++i) {
    auto worker = std::make_unique<Worker>();
    worker->pool = this;
    worker->index = i;
    worker->metrics = &metrics.add_shard();
    workers_.push_back(std::move(worker));
  }
}

base::Result<void> WorkerPool::start() {
  for (const auto& worker : workers_) {
    base::Result<void> launched = launch(*worker);
    if (!launched) return launched;
  }
  for (const auto& worker : workers_) {
    for (;;) {
      const std::uint32_t seen = changes_.load(std::memory_order_acquire);
      const WorkerState state = worker->state.load(std::memory_order_acquire);
      if (state == WorkerState::stopped) return base::fail(worker->start_error);
      if (state != WorkerState::starting) break;
      changes_.wait(seen, std::memory_order_acquire);
    }
  }
  return {};
}

base::Result<void> WorkerPool::launch(Worker& worker) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  int error = pthread_attr_setstacksize(&attributes, settings_.stack_bytes);
  // Signals are the main thread's: a worker starts with all of them blocked.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  if (error == 0) {
    error = pthread_create(&worker.thread, &attributes, &WorkerPool::thread_main, &worker);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (error != 0) return base::fail_errno("start a worker thread", error);
  worker.running = true;
  return {};
}

void* WorkerPool::thread_main(void* argument) {
  auto& worker = *static_cast<Worker*>(argument);
  const std::string name = "tusk-worker-" + std::to_string(worker.index);
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
  worker.pool->run(worker);
  worker.pool->report(worker, WorkerState::stopped);
  return nullptr;
}

void WorkerPool::report(Worker& worker, WorkerState state) {
  worker.state.store(state, std::memory_order_release);
  changes_.fetch_add(1, std::memory_order_release);
  changes_.notify_all();
}

void WorkerPool::run(Worker& worker) {
  for (bool restarted = false;; restarted = true) {
    base::Result<std::unique_ptr<Executor>> executor = engine_.make_executor(worker.index);
    if (!executor) {
      worker.start_error = executor.error().message;
      observe::error("worker cannot start",
                     {{"worker", worker.index}, {"reason", worker.start_error}});
      return;
    }
    if (restarted) worker.metrics->add<observe::Metric::kWorkerRestarts>();
    report(worker, WorkerState::idle);
    if (!serve(worker, **executor)) return;
    observe::warn("worker is replaced: its PHP state cannot be trusted",
                  {{"worker", worker.index}});
    report(worker, WorkerState::starting);
  }
}

// False: the queue is closed. True: the executor is broken.
bool WorkerPool::serve(Worker& worker, Executor& executor) {
  while (Exchange* const exchange = queue_.pop()) {
    Reply reply(*exchange, settings_.reply);
    if (!exchange->start()) {
      reply.release();
      continue;
    }
    worker.state.store(WorkerState::busy, std::memory_order_relaxed);
    exchange->started = base::now();
    exchange->worker = worker.index;
    worker.metrics->queue_waited(exchange->started - exchange->job.enqueued);
    const Outcome outcome = executor.run(exchange->job, reply);
    if (exchange->fatal_error) worker.metrics->add<observe::Metric::kPhpFatalErrors>();
    worker.state.store(WorkerState::idle, std::memory_order_relaxed);
    reply.release();
    if (outcome == Outcome::broken) return true;
  }
  return false;
}

bool WorkerPool::stop(std::chrono::milliseconds patience) {
  timespec until{};
  ::clock_gettime(CLOCK_REALTIME, &until);
  const auto total_ns = until.tv_nsec + (patience.count() % 1000) * 1'000'000;
  until.tv_sec += patience.count() / 1000 + total_ns / 1'000'000'000;
  until.tv_nsec = total_ns % 1'000'000'000;
  bool all = true;
  for (const auto& worker : workers_) {
    if (!worker->running) continue;
    if (pthread_timedjoin_np(worker->thread, nullptr, &until) == 0) {
      worker->running = false;
    } else {
      all = false;
    }
  }
  return all;
}

std::size_t WorkerPool::count(WorkerState state) const {
  std::size_t count = 0;
  for (const auto& worker : workers_) {
    if (worker->state.load(std::memory_order_relaxed) == state) ++count;
  }
  return count;
}

}  // namespace tusk::exec
