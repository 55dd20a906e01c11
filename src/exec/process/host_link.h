// HostLink: starts a PHP host and talks with it.
//
// Owner: a ProcessPool. Threads: its own, which calls the events; the rest any.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "exec/process/host_protocol.h"

namespace tusk::exec::process {

// What is executed.
struct HostProgram {
  std::string path;
  std::string settings;  // the text of kHello
};

// `wait_status` as words: "killed by signal 9 (SIGKILL)".
std::string ending_text(int wait_status);

class HostLink {
 public:
  // How long a host may take to end once its socket is closed: longer than its workers may.
  static constexpr base::Duration kTimeToEnd = std::chrono::seconds(12);

  // Called on the link's thread. on_gone() is the last.
  struct Events {
    std::function<void(std::string description)> on_ready;
    // `pid` is 0 if there is no process: no kEnded follows.
    std::function<void(int worker, pid_t pid, std::string reason)> on_failed;
    std::function<void(int worker, pid_t pid)> on_forked;
    std::function<void(int worker, pid_t pid, int wait_status)> on_ended;
    std::function<void(std::string how)> on_gone;
  };

  // `descriptors`: those of kHello.
  static base::Result<std::unique_ptr<HostLink>> start(const HostProgram& program,
                                                       const std::vector<int>& descriptors,
                                                       Events events);
  // Closes the socket, at which the host and its workers end, and waits for the thread. A host that
  // has not ended after kTimeToEnd is killed.
  ~HostLink();
  HostLink(const HostLink&) = delete;
  HostLink& operator=(const HostLink&) = delete;

  base::Result<void> fork(int worker, const std::vector<int>& descriptors);
  void signal(int worker, pid_t pid, int number);
  void stop();
  // It has not read all messages yet.
  bool has_unread() const;
  // Ends a host that does not react, and with it its workers.
  void kill();

 private:
  HostLink(base::UniqueFd socket, pid_t pid, Events events);
  void run();
  void handle(Received received);
  std::string reap();

  base::UniqueFd socket_;
  const pid_t pid_;
  base::Mutex mutex_;
  bool reaped_ TUSK_GUARDED_BY(mutex_) = false;  // its number may be another process's
  Events events_;
  std::thread thread_;
};

}  // namespace tusk::exec::process
