// ProcessTable: the supervisor's list of its server processes, and their places in the scoreboard.
//
// Server processes may write anything to the scoreboard, so the supervisor keeps what it acts on
// here, and writes it to the scoreboard for others to see.
//
// Owner: main; each Generation uses it. Thread: the supervisor's only one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "observe/events.h"
#include "observe/metrics_list.h"
#include "observe/process_stats.h"
#include "observe/scoreboard/process_view.h"
#include "observe/scoreboard/scoreboard.h"

namespace tusk::supervisor {

// One server process, for people who ask how tusk is.
struct ProcessStatus {
  pid_t pid = 0;
  std::uint64_t generation = 0;
  observe::ProcessPhase phase = observe::ProcessPhase::kStarting;
  base::MonotonicTime started{};
  // Answered by the processes that had its place before.
  std::uint64_t requests_before = 0;
  // Its own, when statuses() gives it. Nothing: the process has no place in the scoreboard.
  std::optional<observe::ProcessCounts> counts;
};

class ProcessTable {
 public:
  using CpuTime = std::function<base::Duration(pid_t)>;

  // Without a scoreboard, each process has one of its own.
  explicit ProcessTable(std::optional<observe::Scoreboard> board = std::nullopt,
                        CpuTime cpu_time_of = observe::cpu_time_of);
  ProcessTable(const ProcessTable&) = delete;
  ProcessTable& operator=(const ProcessTable&) = delete;

  // The scoreboard's file, for server processes to inherit; -1: there is none.
  int fd() const { return board_ ? board_->fd() : -1; }
  // A place for a new process. Nothing: all are taken.
  std::optional<std::size_t> free_place() const;

  void add(pid_t pid, std::uint64_t generation, std::optional<std::size_t> place);
  // A process that has been running since before an upgrade. If this scoreboard lacks its place, it
  // is listed without one.
  void adopt(const ProcessStatus& process, std::optional<std::size_t> place);
  // After that: every place without a process here is free.
  void free_other_places();
  void set_phase(pid_t pid, observe::ProcessPhase phase);
  // Returns what the workers of a process do or, when it has ended, were doing. Call it before
  // remove().
  std::optional<observe::ProcessView> view(pid_t pid) const;
  // The process has ended: its counters stay, and its place is free. Call it before the process
  // is waited for, as long as the kernel knows its CPU time.
  void remove(pid_t pid, observe::ProcessExit how);

  void set_generation(std::uint64_t number);
  void count_reload(observe::ReloadResult result);
  void count_recycling(observe::ProcessRecycling reason);
  // How many processes were replaced since tusk started, by reason.
  std::array<std::uint64_t, std::size(observe::kProcessRecyclings)> recyclings() const;

  // In the order of their start.
  std::vector<ProcessStatus> statuses() const;
  // Without its counts.
  ProcessStatus status_of(pid_t pid) const;
  // Returns where the process is in the scoreboard.
  std::optional<std::size_t> place_of(pid_t pid) const;

 private:
  struct Entry {
    ProcessStatus process;
    std::optional<std::size_t> place;
  };

  bool is_free(std::size_t place) const;
  void write(const Entry& entry);
  Entry* find(pid_t pid);
  const Entry* find(pid_t pid) const;

  std::optional<observe::Scoreboard> board_;
  const CpuTime cpu_time_of_;
  std::optional<observe::EventNotes> event_notes_;  // if there is a scoreboard
  std::vector<Entry> entries_;
};

}  // namespace tusk::supervisor
