#include "host/worker_process.h"

#include <string>
#include <utility>

#include <sys/prctl.h>
#include <unistd.h>

#include "host/resident_feed.h"
#include "host/server_signals.h"
#include "observe/crash/crash_recorder.h"
#include "php/backtrace/thread_probe.h"
#include "php/interrupt/time_limits.h"
#include "php/resident/rewound_script.h"

namespace tusk::host {

namespace {

using exec::process::Region;
using exec::process::WorkerExit;

void name_process(int worker) {
  const std::string name = "tusk-worker-" + std::to_string(worker);
  ::prctl(PR_SET_NAME, name.c_str());
}

exec::process::RegionControl* wishing_control = nullptr;

void wish_new_host(observe::OpcacheRestartReason why) {
  using exec::process::Wish;
  auto wishes = static_cast<std::uint32_t>(Wish::kNewHost);
  if (why == observe::OpcacheRestartReason::kMemory)
    wishes |= static_cast<std::uint32_t>(Wish::kMemory);
  if (why == observe::OpcacheRestartReason::kKeys)
    wishes |= static_cast<std::uint32_t>(Wish::kKeys);
  wishing_control->wishes.fetch_or(wishes);
}

WorkerExit serve(exec::Executor& executor, RegionSource& source) {
  source.serves(true);
  for (;;) {
    if (!source.next()) {
      if (source.end() == RegionSource::End::kRestart) continue;  // no script is resident
      return WorkerExit::kAsked;
    }
    watch_exchange(&source.exchange());
    const exec::ExecutorHealth health = executor.run(source.job(), source.reply());
    watch_exchange(nullptr);
    source.show(executor.path_cache());
    source.finish();
    if (health == exec::ExecutorHealth::kBroken) return WorkerExit::kBroken;
  }
}

// Runs the pool's script again and again.
WorkerExit serve_resident(exec::Executor& executor, JoinedWorker& worker) {
  RegionSource& source = worker.source();
  worker.wish_new_host_when_cache_is_reset();
  ResidentFeed feed(source, executor, worker.number(), worker.failed_boots() != 0);
  for (;;) {
    switch (executor.serve(feed)) {
      case exec::ScriptEnd::kAsked:
        if (source.end() == RegionSource::End::kAsked) return WorkerExit::kAsked;
        break;
      case exec::ScriptEnd::kAfterWork:
        break;
      case exec::ScriptEnd::kBootFailed:
        return worker.fail(feed.boot_error());
      case exec::ScriptEnd::kBroken:
        return WorkerExit::kBroken;
    }
  }
}

}  // namespace

base::Result<std::unique_ptr<JoinedWorker>> JoinedWorker::join(WorkerParts parts,
                                                               const HostSettings& settings,
                                                               const RootDirectory* root) {
  name_process(parts.worker);
  base::Result<Region> region = Region::attach(parts.region.get(), settings.region);
  if (!region) {
    fail_worker(parts.reason.get(), region.error().message);
    return std::unexpected(region.error());
  }
  parts.region.reset();
  std::unique_ptr<JoinedWorker> worker(new JoinedWorker(std::move(parts), std::move(*region)));
  handle_server_signals(worker->region_);
  observe::crash::record_crashes_in(&worker->region_.crash_record());
  php::interrupt::TimeLimits::tell_server_in(
      {.deadline_ns = &worker->control().deadline_ns, .lost_ns = &worker->control().lost_ns});
  worker->source_.emplace(
      RegionSource::Parts{.worker = worker->number(),
                          .region = worker->region_,
                          .doorbells = worker->parts_.doorbells,
                          .board = worker->parts_.board,
                          .engine = worker->parts_.engine,
                          .sockets = worker->parts_.sockets,
                          .limits = settings.reply,
                          .compression = settings.compression,
                          .root = root,
                          .is_rewound = settings.scripts.mode == exec::ScriptMode::kRewind});
  return worker;
}

// The record is in the region.
JoinedWorker::~JoinedWorker() { observe::crash::record_crashes_in(nullptr); }

void JoinedWorker::show_script() const {
  php::backtrace::ThreadProbe::answer_in(&region_.probe_area());
}

WorkerExit JoinedWorker::fail(std::string_view reason) const {
  return fail_worker(parts_.reason.get(), reason);
}

void JoinedWorker::wish_new_host_when_cache_is_reset() const {
  wishing_control = &control();
  php::resident::tell_of_cache_reset(wish_new_host);
}

void JoinedWorker::leave() {
  source_->serves(false);
  php::backtrace::ThreadProbe::answer_in(nullptr);
  ignore_server_signals();
}

WorkerExit fail_worker(int reason_fd, std::string_view reason) {
  ignore_server_signals();
  // If it fails, the host tells no reason.
  [[maybe_unused]] const ssize_t written = ::write(reason_fd, reason.data(), reason.size());
  return WorkerExit::kNoBoot;
}

WorkerExit run_worker(WorkerParts parts, const HostSettings& settings, const RootDirectory& root) {
  exec::Engine& engine = parts.engine;
  base::Result<std::unique_ptr<JoinedWorker>> worker =
      JoinedWorker::join(std::move(parts), settings, &root);
  if (!worker) return WorkerExit::kNoBoot;
  base::Result<std::unique_ptr<exec::Executor>> executor =
      engine.make_executor((*worker)->number(), settings.scripts);
  if (!executor) return (*worker)->fail(executor.error().message);
  watch_executor(executor->get());
  (*worker)->show_script();
  (*worker)->source().locate_stack();
  const WorkerExit exit = settings.scripts.resident_script.empty()
                              ? serve(**executor, (*worker)->source())
                              : serve_resident(**executor, **worker);
  (*worker)->leave();
  // Not destroyed: the process ends, and PHP's own thread cannot be freed before PHP is.
  (void)executor->release();
  return exit;
}

}  // namespace tusk::host
