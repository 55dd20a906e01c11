// UpgradeCheck: asks a new program whether it can take the place of the running supervisor. It is
// executed with the supervisor's state and the command adopt-check, and says yes, or why not.
//
// Owner: the Supervisor. Thread: its only one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "net/loop.h"
#include "net/timer.h"
#include "supervisor/control.h"
#include "supervisor/generation.h"
#include "supervisor/server_process.h"

namespace tusk::supervisor {

class UpgradeCheck {
 public:
  // `program` is executed with `handover`, the text of a Handover.
  static base::Result<std::unique_ptr<UpgradeCheck>> start(net::Loop& loop,
                                                           const ServerProgram& program,
                                                           const std::string& handover);
  ~UpgradeCheck();
  UpgradeCheck(const UpgradeCheck&) = delete;
  UpgradeCheck& operator=(const UpgradeCheck&) = delete;

  bool is_of(pid_t pid) const { return pid_ == pid; }
  // The program has ended. Returns why it cannot take the place; nothing: it can.
  std::vector<std::string> reasons_at(const Ending& ending);

 private:
  UpgradeCheck(net::Loop& loop, std::string path, ServerProcess process);

  net::Loop& loop_;
  const std::string path_;
  pid_t pid_;
  std::unique_ptr<ControlChannel> control_;
  net::Timer deadline_;
  std::vector<std::string> reasons_;
  bool able_ = false;
};

}  // namespace tusk::supervisor
