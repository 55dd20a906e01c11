// ExaminedServer: the server process that `tusk doctor` starts for itself.
//
// It listens on a free port of 127.0.0.1 and nowhere else, writes its log to a pipe, and leads a
// group of processes: all of them are gone when this object is. If the command itself is killed,
// the kernel kills the server process.
//
// Owner: the command. Thread: main.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "supervisor/server_process.h"

namespace tusk::console::doctor {

class ExaminedServer {
 public:
  using LineHandler = std::function<void(std::string_view line)>;  // of the log

  // `deadline` ends every wait. From here on, signals that ask the command to end are waited for
  // instead of obeyed.
  static base::Result<std::unique_ptr<ExaminedServer>> start(supervisor::ServerProgram program,
                                                             const std::string& examination,
                                                             base::MonotonicTime deadline,
                                                             LineHandler on_line);
  ExaminedServer(const ExaminedServer&) = delete;
  ExaminedServer& operator=(const ExaminedServer&) = delete;
  ~ExaminedServer();

  std::uint16_t port() const { return port_; }
  pid_t pid() const { return pid_; }

  // Why a wait has ended.
  enum class Wake : std::uint8_t {
    kReady,        // what was waited for
    kTimeout,      // `until`
    kDeadline,     // of the whole command
    kServerEnded,  // by itself
    kInterrupted,  // by a signal: interrupting_signal()
  };
  // Reads the log meanwhile. `events` as for poll(2).
  Wake wait(int fd, short events, base::MonotonicTime until);

  // Until it serves. kServerEnded: it has not started; reason() may say why.
  Wake wait_until_serves();
  // What the process has told before it has ended, in lines.
  const std::string& reason() const { return reason_; }

  // Lets it finish, reads its log to the end, and ends what is left.
  void end();
  // For an end that nobody has asked for: "was ended by signal 11 (Segmentation fault)".
  std::string how_ended() const;
  // 0: none.
  int interrupting_signal() const { return signal_; }

 private:
  ExaminedServer(supervisor::ServerProcess process, std::uint16_t port, base::UniqueFd log,
                 base::MonotonicTime deadline, LineHandler on_line);

  void read_log();
  void take_log(std::string_view bytes);
  void read_control();
  void read_signal();
  bool has_ended(std::chrono::milliseconds patience);
  void kill_group();

  const pid_t pid_;
  const std::uint16_t port_;
  const base::MonotonicTime deadline_;
  const LineHandler on_line_;
  base::UniqueFd control_;
  base::UniqueFd log_;
  base::UniqueFd process_;  // a pidfd
  base::UniqueFd signals_;
  std::string line_;  // of the log, not complete yet
  std::string reason_;
  bool serves_ = false;
  std::optional<int> status_;  // as waitpid() gives it: the process was reaped
  int signal_ = 0;
};

}  // namespace tusk::console::doctor
