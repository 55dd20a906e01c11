// RunningRequests: what the workers of a server process did when it ended, by the scoreboard.
//
// The process has written it, perhaps a broken one: each text is bounded and escaped here.
//
// Owner: a CrashReport. Thread: the supervisor's only one, or its child's.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/process/crash_record.h"
#include "observe/scoreboard/process_view.h"

namespace tusk::supervisor::crash {

class RunningRequests {
 public:
  // So many are in a line of the log.
  static constexpr std::size_t kMostInLog = 5;
  // And so much of each: escapes make a hostile path four times as long.
  static constexpr std::size_t kMostBytesInLog = 600;

  RunningRequests() = default;
  // No view: the process had no place in the scoreboard. A record tells which worker crashed: its
  // request comes first, then those that run the longest.
  RunningRequests(const std::optional<observe::ProcessView>& process,
                  const base::process::CrashRecord* record, base::MonotonicTime now);

  std::size_t count() const { return texts_.size(); }
  // "worker 2, 0.4 s, 81: GET shop.example/report.php of 192.0.2.1 by /srv/report.php; …".
  std::string short_text() const;
  // All of them, one in each line.
  std::string full_text() const;

 private:
  std::vector<std::string> texts_;
};

}  // namespace tusk::supervisor::crash
