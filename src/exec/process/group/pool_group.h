// PoolGroup: the control group of a pool's processes, and what the kernel does in it.
//
// Owner: a ProcessPool. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <sys/types.h>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/process/control_group.h"
#include "base/result.h"

namespace tusk::exec::process {

// Without a group in the settings nothing here does anything. The lock is never held while members
// are looked at: the watchdog of all pools takes it, and they may be tens of thousands.
class PoolGroup {
 public:
  // Time for a worker's end to be told before a kill counts as that of another process.
  static constexpr base::Duration kTimeToTell = std::chrono::seconds(2);
  // How long clear() and kill_strays() go on: what they kill may fork others before it ends.
  struct Patience {
    base::Duration clear = std::chrono::milliseconds(200);
    base::Duration kill = std::chrono::milliseconds(50);
  };

  PoolGroup(base::process::ControlGroupSettings settings, pid_t leader)
      : PoolGroup(std::move(settings), leader, Patience()) {}
  PoolGroup(base::process::ControlGroupSettings settings, pid_t leader, Patience patience)
      : settings_(std::move(settings)), leader_(leader), patience_(patience) {}

  // Makes the group and sets its limits. Before each host that starts: others may have removed it.
  base::Result<void> make();
  // For tests: in another tree than the machine's.
  base::Result<void> make(const base::process::ControlGroupTree& tree);
  base::Result<void> add(pid_t host);
  // The last make() or add() was refused: tusk may not do it, or the kernel cannot.
  bool is_refused() const;
  // Removes it if no process is left in it.
  void remove() const;

  // A worker has been forked: if memory is short in the group, it is to end before its host.
  void prefer(pid_t worker) const;
  // How a process has ended, with "out of memory" where the kernel has killed it for that.
  std::string explain(int wait_status);
  // How many processes the kernel has killed for memory that were no workers: programs that scripts
  // have started.
  std::uint64_t killed_programs(base::MonotonicTime now);
  bool is_full() const;
  // If the group is full, kills what ended workers have left in it (exec/process/group/strays.h).
  // Returns the number of processes that it has killed.
  std::size_t kill_strays() const;
  struct Cleared {
    std::size_t killed = 0;
    std::size_t left = 0;  // strays that had not ended when the time was over
  };
  // Called before the first host is added. Kills what an earlier server has left in the group, also
  // if the group is not full. If another server has a host in it, it does no more than
  // kill_strays(): what is there may be that server's.
  Cleared clear() const;

 private:
  std::optional<base::process::ControlGroup> group() const;
  std::uint64_t new_kills() TUSK_REQUIRES(mutex_);

  const base::process::ControlGroupSettings settings_;
  const pid_t leader_;
  const Patience patience_;
  mutable base::Mutex mutex_;
  std::optional<base::process::ControlGroup> group_ TUSK_GUARDED_BY(mutex_);
  bool is_refused_ TUSK_GUARDED_BY(mutex_) = false;
  std::uint64_t explained_ TUSK_GUARDED_BY(mutex_) = 0;
  base::MonotonicTime seen_since_ TUSK_GUARDED_BY(mutex_){};  // kills that are not explained
};

}  // namespace tusk::exec::process
