// CrashReporter: turns the records of crashed server processes and worker processes into lines of
// the log, and into files.
//
// Owner: the Supervisor. Thread: its only one.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "net/loop.h"
#include "net/readiness.h"
#include "net/timer.h"
#include "supervisor/crash/crash_report.h"
#include "supervisor/crash/report_pace.h"

namespace tusk::supervisor::crash {

// A child process finds the names of functions in the files of code, which are large and may be
// damaged, and writes the report's file: neither can hold or crash the supervisor. The line is
// logged when the child has ended, or without names if it takes too long.
class CrashReporter {
 public:
  // Of server processes, and of worker processes.
  static constexpr std::ptrdiff_t kMostAtOnce = 4;

  explicit CrashReporter(net::Loop& loop) : loop_(loop) {}
  CrashReporter(const CrashReporter&) = delete;
  CrashReporter& operator=(const CrashReporter&) = delete;

  void report(CrashReport report);
  // Logs what is not logged yet, because this program ends.
  void finish();

 private:
  struct Pending {
    Pending(net::Loop& loop, base::UniqueFd answers) : pipe(loop, std::move(answers)), late(loop) {}

    CrashReport report;
    net::Readiness pipe;
    net::Timer late;
    std::string received;
  };

  void await(Pending& pending);
  void read(Pending& pending);
  void end(Pending& pending);

  net::Loop& loop_;
  ReportPace pace_of_workers_;
  std::vector<std::unique_ptr<Pending>> pending_;
};

}  // namespace tusk::supervisor::crash
