// RewindDoctor: `tusk doctor rewind`. It requests the same pages of a server process with plain
// requests and of one whose pool rewinds, one server after the other, and compares the answers.
//
// Owner: the command. Thread: main.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/clock.h"
#include "console/doctor/doctor_options.h"
#include "console/doctor/examination.h"
#include "console/doctor/examined_server.h"
#include "console/doctor/log_reader.h"
#include "console/doctor/rewind_report.h"
#include "supervisor/server_process.h"

namespace tusk::console::doctor {

class RewindDoctor {
 public:
  RewindDoctor(DoctorOptions options, supervisor::ServerProgram program);

  // Returns the exit status of the command.
  int run();

 private:
  // What is done with one server.
  struct Side {
    Subject subject;
    std::uint64_t warm_up = 0;  // rounds whose answers are not looked at
    std::uint64_t rounds = 0;
  };
  // Why a side has not been looked at; a status to exit with. 0: it has been.
  int examine(const Side& side);
  int end_without_boot(ExaminedServer& server, ExaminedServer::Wake wake, const LogReader& log);
  bool send_round(ExaminedServer& server, const Side& side, bool looks);
  void take_answer(ComparedRequest& request, Subject subject, const HttpAnswer* answer);
  bool is_ignored(const std::string& line) const;
  void look_at_workers(const ExaminedServer& server, const Side& side);
  void end_early(const ExaminedServer& server, ExaminedServer::Wake wake);

  const DoctorOptions options_;
  const supervisor::ServerProgram program_;
  const base::MonotonicTime deadline_;
  RewindReport report_;
  std::set<std::string> plain_files_;
  std::set<pid_t> workers_;
  std::uint64_t rounds_of_workers_ = 0;
  int signal_ = 0;
};

}  // namespace tusk::console::doctor
