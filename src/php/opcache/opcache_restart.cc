#include "php/opcache/opcache_restart.h"

#include <chrono>
#include <string_view>
#include <utility>

#include "observe/log.h"
#include "php/opcache/shared_code.h"
#include "php/request_run.h"
#include "php/zend.h"

namespace tusk::php::opcache {

namespace {

// Limits the log, because a script can cause restarts as fast as it runs.
constexpr std::chrono::seconds kLogInterval{10};

// zend_accel_restart_reason, from a header that PHP does not install.
constexpr int kOutOfMemory = 0;
constexpr int kTooManyKeys = 1;

std::atomic<OpcacheRestart*> instance{nullptr};

}  // namespace

OpcacheRestart::OpcacheRestart(base::Duration hold, OpcacheLock lock)
    : gate_({.hold = hold}), lock_(std::move(lock)) {}

base::Result<std::unique_ptr<OpcacheRestart>> OpcacheRestart::start(base::Duration hold) {
  constexpr std::string_view kPathName = "opcache.lockfile_path";
  const char* const directory = zend_ini_string(kPathName.data(), kPathName.size(), 0);
  base::Result<OpcacheLock> lock = OpcacheLock::take(directory != nullptr ? directory : "");
  if (!lock) return std::unexpected(lock.error());
  std::unique_ptr<OpcacheRestart> restart(new OpcacheRestart(hold, std::move(*lock)));
  instance.store(restart.get());
  zend_accel_schedule_restart_hook = on_schedule;
  return restart;
}

OpcacheRestart::~OpcacheRestart() {
  zend_accel_schedule_restart_hook = nullptr;
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
  // OPcache restarts in accel's RINIT. The current request would do, but sessions that start
  // automatically are opened before that, and may wait for their lock for any time.
  const bool healthy = run_empty_request();
  SharedCode::forget();
  const base::Result<void> taken = lock_.take_back();
  if (!taken)
    observe::error("cannot lock OPcache against restarts", {{"reason", taken.error().message}});
  if (healthy) {
    visitor.restarted();
    log_restarted();
  } else {
    visitor.put_off();
  }
  return healthy;
}

void OpcacheRestart::log_restarted() {
  const int reason = reason_.load(std::memory_order_relaxed);
  const base::MonotonicTime now = base::now();
  if (last_logged_ && now - *last_logged_ < kLogInterval) return;
  last_logged_ = now;
  const std::uint64_t restarts = gate_.stats().restarts;
  if (reason == kOutOfMemory) {
    observe::warn("OPcache was full and has restarted; opcache.memory_consumption is too small",
                  {{"restarts", restarts}});
  } else if (reason == kTooManyKeys) {
    observe::warn("OPcache was full and has restarted; opcache.max_accelerated_files is too small",
                  {{"restarts", restarts}});
  } else {
    observe::info("OPcache has restarted at the request of a script", {{"restarts", restarts}});
  }
}

}  // namespace tusk::php::opcache
