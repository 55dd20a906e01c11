// Pool: the workers of one queue, as the process sees them: threads (WorkerPool) or processes
// (process/process_pool.h).
//
// Owner: the WorkerPools. Threads: launch(), await_start(), join() main; watch() and look_at_load()
// the watchdog; the rest any.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "base/result.h"
#include "exec/exchange.h"
#include "exec/executor.h"
#include "exec/pool/worker.h"
#include "exec/resident/boot_pace.h"
#include "observe/log.h"
#include "observe/metrics.h"

namespace tusk::exec::process {
class Relay;
}

namespace tusk::exec::pool {

// The choice of await_start() if the pool's resident script does not boot.
enum class WithoutBoot : std::uint8_t {
  kFail,   // there is another process that serves
  kServe,  // the pool is down until it boots
};

// Whether the server was told to end, for await_start(). Empty: it cannot be.
using MustEnd = std::function<bool()>;

// The change of a pool to a new PHP host.
struct Renewal {
  enum class State : std::uint8_t { kNone, kUnderWay, kDone, kFailed };
  State state = State::kNone;  // of the last one that was begun
  std::string reason{};        // of a failure
};

class Pool {
 public:
  virtual ~Pool() = default;

  // Starts all workers. await_start() waits until each can run PHP and has booted its script, or
  // one has failed to. With worker processes it ends at `must_end`, too.
  virtual base::Result<void> launch() = 0;
  virtual base::Result<void> await_start(WithoutBoot without_boot, const MustEnd& must_end) = 0;
  // Ends the boots of its script, since no client waits for them. True: some still boot. To be
  // called again and again when the queue is closed and the watchdog has ended.
  virtual bool break_off_boots(base::MonotonicTime /*now*/) { return false; }
  // Waits until then for all workers that are not stuck. False: some still run. A
  // boot that break_off_boots() could not end counts as stuck.
  virtual bool join(base::MonotonicTime until) = 0;

  virtual void change(base::Duration stall_timeout) = 0;
  // Sets the level of this pool's processes. Threads have that of the server process.
  virtual void change_log_level(observe::Level /*level*/) {}
  // Has every resident script boot anew: busy ones when their request has ended.
  virtual void restart_scripts() = 0;
  // Has processes of this pool open their log files again. Threads use those of the server process.
  virtual void reopen_logs() {}
  // Starts a new PHP host and, when its workers serve, ends the old one. Returns at once: renewal()
  // tells how far it is. Fails if that is not possible now, or not with these workers.
  virtual base::Result<void> begin_renewal() {
    return base::fail("the workers are threads of the server process");
  }
  virtual Renewal renewal() const { return {}; }

  virtual const std::string& name() const = 0;
  virtual const resident::BootPace& boot_pace() const = 0;
  virtual observe::PoolCounters& counters() = 0;
  // Whether a thread has stopped for ever, or boots and cannot be ended.
  virtual bool any_stuck() const = 0;
  // No number has a worker, and none will have one.
  virtual bool is_dead() const = 0;
  // The last attempt to start a worker has failed, and not because its script does not boot: it is
  // tried again.
  virtual bool cannot_start() const { return false; }
  virtual std::size_t count(WorkerState state) const = 0;
  virtual observe::PoolFigures figures() const = 0;
  virtual std::vector<WorkerStatus> statuses() const = 0;
  // Calls `look` for each worker that runs a request, lost ones too, as Worker::visit() does.
  virtual void visit_running(
      const std::function<void(int worker, Exchange&, Executor&)>& look) const = 0;
  // Its worker processes and their hosts.
  virtual std::vector<pid_t> processes() const { return {}; }
  // The OPcache of this pool's worker processes. Threads use that of the engine.
  virtual observe::OpcacheState code_cache() const { return {}; }
  // How long no worker has taken a request although some wait; zero while there is no stall.
  virtual base::Duration stalled_for() const = 0;
  // Hands requests to worker processes. Null: the workers are threads, which take them themselves.
  virtual process::Relay* relay() { return nullptr; }

  // --- watchdog ---
  virtual bool is_elastic() const = 0;
  // Every WorkerPool::kWatchTick.
  virtual void watch(base::MonotonicTime now) = 0;
  // The number of workers follows the load. More often.
  virtual void look_at_load(base::MonotonicTime now) = 0;
};

}  // namespace tusk::exec::pool
