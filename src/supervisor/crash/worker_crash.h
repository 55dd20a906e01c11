// What a server process tells its supervisor of a worker process that has crashed: the text and the
// descriptor of Message::kWorkerCrashed.
//
// Threads: WorkerCrashes any, of the server process; read_worker_crash() the supervisor's only one.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "base/process/crashed_worker.h"
#include "base/unique_fd.h"
#include "supervisor/crash/crash_report.h"

namespace tusk::supervisor::crash {

// Owner: the settings of the server process's pools, together.
class WorkerCrashes {
 public:
  // `socket` is a duplicate of the process's end of its control channel; not open: there is no
  // supervisor. `wants_files`: there is a directory for files.
  WorkerCrashes(base::UniqueFd socket, std::uint64_t generation, bool wants_files)
      : socket_(std::move(socket)), generation_(generation), wants_files_(wants_files) {}

  // Tells the supervisor, which finds names and writes the file: a file system may hang, and this
  // process may have no right to write there. Without a supervisor the log says what can be said
  // without these. Never waits.
  void report(base::process::CrashedWorker crash) const;

 private:
  const base::UniqueFd socket_;
  const std::uint64_t generation_;
  const bool wants_files_;
};

// Without what the supervisor adds: the generation and the directory.
// Nothing: a broken process, or one of another version, has sent it.
std::optional<CrashReport> read_worker_crash(std::string_view text, const base::UniqueFd& record);

}  // namespace tusk::supervisor::crash
