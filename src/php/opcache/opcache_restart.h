// OpcacheRestart: makes restarts of OPcache's shared memory safe under threads.
//
// Owner: the Runtime; at most one in a process. Thread: start() and state() main, the rest any
// worker.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>

#include "base/result.h"
#include "observe/opcache_restart_log.h"
#include "observe/scoreboard/opcache_use.h"
#include "php/opcache/cache_memory.h"
#include "php/opcache/lookup_totals.h"
#include "php/opcache/opcache_lock.h"
#include "php/opcache/restart_gate.h"

namespace tusk::php::opcache {

// A restart (opcache_reset(), out of memory, too much wasted memory, too many keys) frees all
// cached code at the start of some request. OPcache ensures that no other process uses the cache
// then, but knows nothing of threads. Here RestartGate finds the moment at which no thread is
// inside PHP, and OpcacheLock prevents OPcache from restarting at any other time.
class OpcacheRestart {
 public:
  // Call it after module start-up, if OPcache is on.
  static base::Result<std::unique_ptr<OpcacheRestart>> start(base::Duration hold);
  ~OpcacheRestart();
  OpcacheRestart(const OpcacheRestart&) = delete;
  OpcacheRestart& operator=(const OpcacheRestart&) = delete;

  RestartGate& gate() { return gate_; }

  // Call it when the gate has let this visitor in alone: makes OPcache restart, unless another
  // process uses the cache. False: this thread's PHP state must not be used again.
  bool run(RestartGate::Visitor& visitor);

  observe::OpcacheState state();

 private:
  OpcacheRestart(base::Duration hold, OpcacheLock lock, std::optional<CacheMemory> memory);
  static void on_schedule(int reason) noexcept;
  bool restart_now();
  void count_restart();
  void log_restarted();

  RestartGate gate_;
  OpcacheLock lock_;                // used by the visitor that is alone
  observe::OpcacheRestartLog log_;  // the same
  std::atomic<int> reason_{0};
  std::array<std::atomic<std::uint64_t>, std::size(observe::kOpcacheRestartReasons)> restarts_{};
  const std::optional<CacheMemory> memory_;  // none: its layout is not known
  LookupTotals<CacheMemory::Lookups> lookups_;
};

}  // namespace tusk::php::opcache
