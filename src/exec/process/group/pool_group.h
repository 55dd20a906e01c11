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

// Without a group in the settings nothing here does anything.
class PoolGroup {
 public:
  // Time for a worker's end to be told before a kill counts as that of another process.
  static constexpr base::Duration kTimeToTell = std::chrono::seconds(2);

  PoolGroup(base::process::ControlGroupSettings settings, pid_t leader)
      : settings_(std::move(settings)), leader_(leader) {}

  // Makes the group and sets its limits. Before each host that starts: others may have removed it.
  base::Result<void> make();
  base::Result<void> add(pid_t host) const;
  // Removes it if no process is left in it.
  void remove() const;

  // A worker has been forked: if memory is short in the group, it is to end before its host.
  void prefer(pid_t worker) const;
  // How a process has ended, with "out of memory" where the kernel has killed it for that.
  std::string explain(const std::string& how);
  // How many processes the kernel has killed for memory that were no workers: programs that scripts
  // have started.
  std::uint64_t killed_programs(base::MonotonicTime now);
  // If the group is full, kills what ended workers have left in it (exec/process/group/strays.h).
  // Returns how many processes.
  std::size_t kill_strays() const;

 private:
  std::uint64_t new_kills() TUSK_REQUIRES(mutex_);

  const base::process::ControlGroupSettings settings_;
  const pid_t leader_;
  mutable base::Mutex mutex_;
  std::optional<base::process::ControlGroup> group_ TUSK_GUARDED_BY(mutex_);
  std::uint64_t explained_ TUSK_GUARDED_BY(mutex_) = 0;
  base::MonotonicTime seen_since_ TUSK_GUARDED_BY(mutex_){};  // kills that are not explained
};

}  // namespace tusk::exec::process
