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

#include "base/result.h"
#include "base/unique_fd.h"
#include "exec/process/host_protocol.h"

namespace tusk::exec::process {

// What is executed.
struct HostProgram {
  std::string path;
  std::string settings;  // the text of kHello
};

class HostLink {
 public:
  // Called on the link's thread. on_gone() is the last.
  struct Events {
    std::function<void(std::string description)> on_ready;
    std::function<void(int worker, std::string reason)> on_failed;
    std::function<void(int worker, pid_t pid)> on_forked;
    std::function<void(int worker, pid_t pid, int wait_status)> on_ended;
    std::function<void()> on_gone;
  };

  // `descriptors`: those of kHello.
  static base::Result<std::unique_ptr<HostLink>> start(const HostProgram& program,
                                                       const std::vector<int>& descriptors,
                                                       Events events);
  // Closes the socket, at which the host and its workers end, and waits for the thread.
  ~HostLink();
  HostLink(const HostLink&) = delete;
  HostLink& operator=(const HostLink&) = delete;

  base::Result<void> fork(int worker, const std::vector<int>& descriptors);
  void signal(int worker, pid_t pid, int number);
  void stop();
  pid_t pid() const { return pid_; }

 private:
  HostLink(base::UniqueFd socket, pid_t pid, Events events);
  void run();
  void handle(Received received);

  base::UniqueFd socket_;
  pid_t pid_;
  Events events_;
  std::thread thread_;
};

}  // namespace tusk::exec::process
