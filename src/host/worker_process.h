// A worker process, from its fork to its end.
//
// Owner: the process. Thread: its only one.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "exec/executor.h"
#include "exec/process/doorbells.h"
#include "exec/process/figures/host_board.h"
#include "exec/process/host_protocol.h"
#include "exec/process/region.h"
#include "host/region_source.h"
#include "host/reply_outlet.h"
#include "host/settings/host_settings.h"

namespace tusk::host {

// What the host hands to the process that it has forked.
struct WorkerParts {
  int worker;        // its number
  int failed_boots;  // of workers with this number, in a row
  base::UniqueFd region;
  SlotSockets sockets;
  exec::process::DoorbellRinger& doorbells;
  const exec::process::HostBoard& board;
  exec::Engine& engine;
  base::UniqueFd reason;  // where the process writes why it could not start or boot
};

// The process as the server's worker: the region that both share, and the requests in it.
class JoinedWorker {
 public:
  // Maps the region, obeys the server's signals from now on, and leaves it a record of a crash.
  static base::Result<std::unique_ptr<JoinedWorker>> join(WorkerParts parts,
                                                          const HostSettings& settings,
                                                          const RootDirectory* root = nullptr);
  ~JoinedWorker();
  JoinedWorker(const JoinedWorker&) = delete;
  JoinedWorker& operator=(const JoinedWorker&) = delete;

  int number() const { return parts_.worker; }
  int failed_boots() const { return parts_.failed_boots; }
  exec::process::RegionControl& control() const { return region_.control(); }
  RegionSource& source() { return *source_; }
  // For a script that stays: OPcache starts anew only when no request runs, and this one does not
  // end. Then the pool is to get a new host.
  void wish_new_host_when_cache_is_reset() const;

  // PHP has its globals in this process: the server can see from now on where the script is.
  void show_script() const;
  // It could not start or boot, for this reason.
  exec::process::WorkerExit fail(std::string_view reason) const;
  // It takes no requests any more.
  void leave();

 private:
  JoinedWorker(WorkerParts parts, exec::process::Region region)
      : parts_(std::move(parts)), region_(std::move(region)) {}

  WorkerParts parts_;
  exec::process::Region region_;
  std::optional<RegionSource> source_;
};

// Writes why the process could not become a worker.
exec::process::WorkerExit fail_worker(int reason_fd, std::string_view reason);

// Serves the requests of its region until it is asked to end, or cannot go on.
exec::process::WorkerExit run_worker(WorkerParts parts, const HostSettings& settings,
                                     const RootDirectory& root);

}  // namespace tusk::host
