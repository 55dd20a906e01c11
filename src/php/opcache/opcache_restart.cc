#include "php/opcache/opcache_restart.h"

#include <chrono>
#include <utility>

#include "observe/log.h"
#include "php/ini.h"
#include "php/opcache/shared_code.h"
#include "php/request_run.h"
#include "php/zend.h"

namespace tusk::php::opcache {

namespace {

using observe::OpcacheRestartReason;

std::optional<CacheMemory> find_memory() {
  base::Result<CacheMemory> found = CacheMemory::find();
  if (found) return *found;
  observe::warn("the metrics of OPcache stay zero", {{"reason", found.error().message}});
  return {};
}

std::atomic<OpcacheRestart*> instance{nullptr};

}  // namespace

OpcacheRestart::OpcacheRestart(base::Duration hold, OpcacheLock lock,
                               std::optional<CacheMemory> memory)
    : gate_({.hold = hold}), lock_(std::move(lock)), memory_(memory) {}

base::Result<std::unique_ptr<OpcacheRestart>> OpcacheRestart::start(base::Duration hold) {
  base::Result<OpcacheLock> lock = OpcacheLock::take(ini_value("opcache.lockfile_path"));
  if (!lock) return std::unexpected(lock.error());
  std::unique_ptr<OpcacheRestart> restart(
      new OpcacheRestart(hold, std::move(*lock), find_memory()));
  instance.store(restart.get());
  if (!compatibility::set_restart_hook(on_schedule))
    return base::fail("PHP " PHP_VERSION " tells nobody that OPcache wants to restart");
  return restart;
}

OpcacheRestart::~OpcacheRestart() {
  (void)compatibility::set_restart_hook(nullptr);
  instance.store(nullptr);
}

// Called by zend_accel_schedule_restart(), under OPcache's lock, before it marks a restart as
// pending.
void OpcacheRestart::on_schedule(int reason) noexcept {
  OpcacheRestart* const self = instance.load(std::memory_order_relaxed);
  if (self == nullptr) return;
  self->reason_.store(reason, std::memory_order_relaxed);
  self->gate_.want();
}

bool OpcacheRestart::run(RestartGate::Visitor& visitor) {
  if (!lock_.release()) {
    visitor.put_off();
    return true;
  }
  const bool healthy = restart_now();
  SharedCode::forget();
  const base::Result<void> taken = lock_.take_back();
  if (!taken)
    observe::error("cannot lock OPcache against restarts", {{"reason", taken.error().message}});
  if (healthy) {
    count_restart();
    visitor.restarted();
    log_restarted();
  } else {
    visitor.put_off();
  }
  return healthy;
}

bool OpcacheRestart::restart_now() {
  if (memory_) lookups_.begin_restart(memory_->lookups());
  // OPcache restarts in accel's RINIT. The current request would do, but sessions that start
  // automatically are opened before that, and may wait for their lock for any time.
  const bool healthy = run_empty_request();
  if (memory_) lookups_.end_restart(memory_->lookups());
  return healthy;
}

void OpcacheRestart::count_restart() {
  const OpcacheRestartReason reason =
      compatibility::restart_reason(reason_.load(std::memory_order_relaxed));
  restarts_[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
}

observe::OpcacheState OpcacheRestart::state() {
  observe::OpcacheState state;
  for (std::size_t i = 0; i < restarts_.size(); ++i) {
    state.restarts[i] = restarts_[i].load(std::memory_order_relaxed);
  }
  state.restarts_put_off = gate_.stats().put_off;
  state.restart_pending = gate_.wanted();
  if (!memory_) return state;
  const CacheMemory::Lookups lookups = lookups_.read([this] { return memory_->lookups(); });
  state.hits = lookups.hits;
  state.misses = lookups.misses;
  state.use = memory_->use();
  return state;
}

void OpcacheRestart::log_restarted() {
  log_.tell(compatibility::restart_reason(reason_.load(std::memory_order_relaxed)),
            gate_.stats().restarts, {"", ""});
}

}  // namespace tusk::php::opcache
