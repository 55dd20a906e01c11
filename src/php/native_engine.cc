#include "php/native_engine.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <sys/resource.h>

#include "exec/observation/cpu_meter.h"
#include "observe/crash/crash_handler.h"
#include "observe/log.h"
#include "php/backtrace/thread_probe.h"
#include "php/compatibility/thread_globals.h"
#include "php/crash/containment.h"
#include "php/crash/crash_decision.h"
#include "php/crash/stopped_heap.h"
#include "php/crash/stopped_thread.h"
#include "php/descriptors/descriptor_ledger.h"
#include "php/path_cache.h"
#include "php/preload/recorder.h"
#include "php/request_run.h"
#include "php/resident/script_loop.h"

namespace tusk::php {

namespace {

using namespace compatibility;
using exec::observation::thread_cpu_time;

// A worker process has a limit of its own. Any number of requests of this kind at the same time
// must leave some to clients, files and other scripts.
void limit_descriptors_of_requests() {
  constexpr rlim_t kLeast = 256;
  constexpr rlim_t kMost = rlim_t{1} << 20U;
  constexpr rlim_t kLeastReserve = 128;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t reserve = std::min(std::max(limit.rlim_cur / 8, kLeastReserve), limit.rlim_cur / 2);
  descriptors::DescriptorLedger::limit_requests(
      static_cast<int>(std::clamp(limit.rlim_cur / 4, kLeast, kMost)),
      static_cast<int>(std::min(limit.rlim_cur - reserve, kMost)));
}

class NativeExecutor final : public exec::Executor {
 public:
  NativeExecutor(Runtime& runtime, const TimeLimitSettings& limits, Method method,
                 const exec::PoolScripts& scripts, const DoctorSettings& doctor)
      : thread_(runtime),
        limits_(limits, scripts.request_limit, scripts.cpu_limit),
        method_(method),
        scripts_(scripts) {
    context_.scripts = &scripts_;
    if (scripts_.resident_script.empty()) return;
    loop_.emplace(resident::ScriptLoop::Parts{.thread = thread_,
                                              .limits = limits_,
                                              .containment = containment_,
                                              .context = context_,
                                              .scripts = scripts_,
                                              .method = method_,
                                              .doctor = doctor});
  }

  exec::ExecutorHealth run(const exec::Job& job, exec::Reply& reply) noexcept override {
    context_.begin(job, reply);
    for (const auto& [name, value] : scripts_.environment)
      thread_.script().environment.set(name, value);
    containment_.begin_request(job);
    const base::Duration cpu_before = job.measures.cpu ? thread_cpu_time() : base::Duration{};
    const exec::ExecutorHealth health = run_request(thread_, limits_, context_, method_);
    if (job.measures.cpu) reply.set_cpu_time(thread_cpu_time() - cpu_before);
    limits_.end_request();
    thread_.script().end_request();
    containment_.end_request();
    preload::Recorder::write_if_due();
    return health;
  }

  exec::ScriptEnd serve(exec::RequestFeed& feed) noexcept override { return loop_->run(feed); }

  exec::PathCacheUse path_cache() noexcept override {
    path_cache_.look();
    return path_cache_.use();
  }

  exec::WatchResult watch(const exec::Exchange& exchange,
                          base::MonotonicTime now) noexcept override {
    if (has_stopped()) {
      heap_.give_back();
      return exec::WatchResult::kCrashed;
    }
    if (const std::optional<base::Duration> delay = thread_.restart_delay()) {
      if (limits_.end_for_restart(exchange, now, *delay)) log_ended(exchange.job);
    }
    const exec::WatchResult result = limits_.watch(exchange, now);
    // No successor could have PHP's globals: the pool is dead without this worker, and the process
    // ends.
    const bool is_end = result == exec::WatchResult::kLost && !kIsThreadSafe;
    return is_end ? exec::WatchResult::kCrashed : result;
  }

  void break_off(const exec::Exchange& exchange, base::MonotonicTime now) noexcept override {
    if (has_stopped()) return;
    limits_.end_now(exchange, now);
    (void)limits_.watch(exchange, now);
  }

  bool watch_lost() noexcept override {
    if (has_stopped()) return true;
    const std::optional<base::Duration> delay = thread_.restart_delay();
    if (delay && limits_.delays_too_long(*delay)) containment_.stop();
    return false;
  }

  exec::observation::ScriptProbe* probe() noexcept override { return &probe_; }
  std::uint64_t retained_bytes() const noexcept override { return probe_.memory().now_bytes; }
  bool is_event_stream() const noexcept override { return limits_.is_event_stream(); }

 private:
  // True: the thread has stopped for ever, and nothing that it holds delays others any more.
  bool has_stopped() noexcept {
    if (containment_.state() != crash::Containment::State::kParked) return false;
    crash::release_resources_of(thread_.script());
    thread_.leave_for_ever();
    return true;
  }

  void log_ended(const exec::Job& job) noexcept {
    thread_.skip_restart_pause();
    observe::warn("a script is ended: a restart of OPcache waits for it",
                  {{"request", job.request_id},
                   {"request_id", job.id().view()},
                   {"script", job.view(job.script_filename)},
                   {"uri", job.view(job.head.target)}});
  }

  PhpThread thread_;  // first: the limits refer to its globals
  interrupt::TimeLimits limits_;
  backtrace::ThreadProbe probe_;
  const Method method_;
  const exec::PoolScripts scripts_;
  RequestContext context_;
  PathCache path_cache_;
  crash::Containment containment_;
  const crash::StoppedHeap heap_;
  std::optional<resident::ScriptLoop> loop_;  // with a resident script only
};

}  // namespace

base::Result<std::unique_ptr<NativeEngine>> NativeEngine::start(const Settings& settings) {
  if (!kIsThreadSafe && settings.threads > 1) {
    return base::fail(
        Runtime::description() +
        " is not thread-safe: it runs one request at a time. Set --workers=1, or build "
        "tusk with a thread-safe PHP (ZTS)");
  }
  base::Result<std::unique_ptr<Runtime>> runtime = Runtime::start(settings);
  if (!runtime) return std::unexpected(runtime.error());
  interrupt::TimeLimits::install();
  if (settings.process != ProcessKind::kHost) limit_descriptors_of_requests();
  // A worker process reports its crash and ends.
  if (settings.process == ProcessKind::kHost) crash::Containment::disable();
  crash::contain_crashes();
  return std::unique_ptr<NativeEngine>(new NativeEngine(std::move(*runtime), settings));
}

std::string NativeEngine::description() const {
  const IniFiles files = Runtime::ini_files();
  std::string text = Runtime::description() + ", OPcache ";
  text += runtime_->opcache_enabled() ? "on" : "off";
  text += files.loaded.empty() ? ", no php.ini" : ", " + files.loaded;
  if (!files.scanned.empty()) text += " and " + std::to_string(files.scanned.size()) + " scanned";
  return text;
}

std::vector<std::string> NativeEngine::start_files() const {
  IniFiles ini = Runtime::ini_files();
  std::vector<std::string> files = std::move(ini.scanned);
  files.insert(files.end(), ini.directories.begin(), ini.directories.end());
  if (!ini.loaded.empty()) files.push_back(std::move(ini.loaded));
  return files;
}

bool NativeEngine::loops_must_end() const {
  opcache::OpcacheRestart* const restart = runtime_->opcache_restart();
  return restart != nullptr && restart->gate().is_closing();
}

observe::OpcacheState NativeEngine::code_cache() { return runtime_->code_cache(); }

base::Result<std::unique_ptr<exec::Executor>> NativeEngine::make_executor(
    int /*worker*/, const exec::PoolScripts& scripts) {
  // This is the process that the host has forked.
  if (process_ == ProcessKind::kHost) observe::crash::adopt_crash_handler();
  if (!has_place()) {
    return base::fail(Runtime::description() +
                      " is not thread-safe: another worker has its only place");
  }
  return std::make_unique<NativeExecutor>(*runtime_, limits_, method_, scripts, doctor_);
}

}  // namespace tusk::php
