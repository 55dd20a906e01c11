#include "host/worker_process.h"

#include <string>
#include <utility>

#include <sys/prctl.h>
#include <unistd.h>

#include "host/region_source.h"
#include "host/resident_feed.h"
#include "host/server_signals.h"
#include "php/interrupt/time_limits.h"

namespace tusk::host {

namespace {

using exec::process::Region;
using exec::process::WorkerExit;

WorkerExit cannot_start(const WorkerParts& parts, std::string_view reason) {
  ignore_server_signals();
  // If it fails, the host tells no reason.
  [[maybe_unused]] const ssize_t written =
      ::write(parts.reason.get(), reason.data(), reason.size());
  return WorkerExit::kNoBoot;
}

void name_process(int worker) {
  const std::string name = "tusk-worker-" + std::to_string(worker);
  ::prctl(PR_SET_NAME, name.c_str());
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
    source.finish();
    if (health == exec::ExecutorHealth::kBroken) return WorkerExit::kBroken;
  }
}

// Runs the pool's script again and again.
WorkerExit serve_resident(exec::Executor& executor, RegionSource& source,
                          const WorkerParts& parts) {
  ResidentFeed feed(source, parts.worker, parts.failed_boots != 0);
  for (;;) {
    switch (executor.serve(feed)) {
      case exec::ScriptEnd::kAsked:
        if (source.end() == RegionSource::End::kAsked) return WorkerExit::kAsked;
        break;
      case exec::ScriptEnd::kAfterWork:
        break;
      case exec::ScriptEnd::kBootFailed:
        return cannot_start(parts, feed.boot_error());
      case exec::ScriptEnd::kBroken:
        return WorkerExit::kBroken;
    }
  }
}

}  // namespace

WorkerExit run_worker(WorkerParts parts, exec::Engine& engine, const HostSettings& settings) {
  name_process(parts.worker);
  base::Result<Region> region = Region::attach(parts.region.get(), settings.region);
  if (!region) return cannot_start(parts, region.error().message);
  parts.region.reset();
  handle_server_signals(*region);
  exec::process::RegionControl& control = region->control();
  php::interrupt::TimeLimits::tell_server_in(
      {.deadline_ns = &control.deadline_ns, .lost_ns = &control.lost_ns});
  base::Result<std::unique_ptr<exec::Executor>> executor =
      engine.make_executor(parts.worker, settings.scripts);
  if (!executor) return cannot_start(parts, executor.error().message);
  watch_executor(executor->get());
  RegionSource source({.worker = parts.worker,
                       .region = *region,
                       .doorbells = parts.doorbells,
                       .sockets = parts.sockets,
                       .limits = settings.reply,
                       .compression = settings.compression});
  const WorkerExit exit = settings.scripts.resident_script.empty()
                              ? serve(**executor, source)
                              : serve_resident(**executor, source, parts);
  source.serves(false);
  ignore_server_signals();
  // Not destroyed: the process ends, and PHP's own thread cannot be freed before PHP is.
  (void)executor->release();
  return exit;
}

}  // namespace tusk::host
