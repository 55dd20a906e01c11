// HostLink: starts a PHP host and talks with it.
//
// Owner: a ProcessPool. Threads: its own, which calls the events; the rest any.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pthread.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "exec/process/host_protocol.h"
#include "observe/log.h"

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

  // Called on the link's thread, unless they say otherwise. on_gone() is the last.
  struct Events {
    std::function<void(std::string description)> on_ready;
    // `pid` is 0 if there is no process: no kEnded follows.
    std::function<void(int worker, pid_t pid, std::string reason)> on_failed;
    std::function<void(std::string reason)> on_no_boot;
    std::function<void(int worker, pid_t pid)> on_forked;
    std::function<void(int worker, pid_t pid, int wait_status)> on_ended;
    // Nothing: somebody else has reaped it.
    std::function<void(std::optional<int> wait_status)> on_gone;
    // Called by start(), before the host is told anything. An error: it must not go on.
    std::function<base::Result<void>(pid_t host)> on_spawned{};
  };

  // `descriptors`: those of kHello.
  static base::Result<std::unique_ptr<HostLink>> start(const HostProgram& program,
                                                       const std::vector<int>& descriptors,
                                                       Events events);
  // Closes the socket, at which the host and its workers end, and waits for the thread. A host that
  // has not ended after kTimeToEnd is killed, and at once if it is not ready: it reads nothing.
  ~HostLink();
  HostLink(const HostLink&) = delete;
  HostLink& operator=(const HostLink&) = delete;

  pid_t pid() const { return pid_; }

  // False, of these five: there is no room for the message now.
  base::Result<bool> fork(int worker, int failed_boots, const std::vector<int>& descriptors);
  bool signal(int worker, pid_t pid, int number);
  bool stop();
  bool reopen_logs();
  bool set_log_level(observe::Level level);
  // It has not read all messages yet.
  bool has_unread() const;
  // A host that a script has stopped (SIGSTOP) starts no worker, and continues none.
  void continue_if_stopped();
  // Ends a host that does not react, and with it its workers.
  void kill();

 private:
  // What the thread, which is made before the process, is to do.
  enum class Task : std::uint8_t { kWait, kListen, kEnd };

  HostLink(base::UniqueFd socket, Events events);
  base::Result<void> start_thread();
  base::Result<void> greet(const HostProgram& program, std::vector<int> descriptors) const;
  void set_task(Task task);
  bool await_task();
  static void* thread_main(void* link);
  void run();
  void handle(Received received);
  std::optional<int> reap();

  base::UniqueFd socket_;
  pid_t pid_ = 0;  // set before the thread listens
  base::Mutex mutex_;
  base::Condition task_changed_;
  Task task_ TUSK_GUARDED_BY(mutex_) = Task::kWait;
  bool reaped_ TUSK_GUARDED_BY(mutex_) = false;  // its number may be another process's
  Events events_;
  std::atomic<bool> is_ready_{false};
  pthread_t thread_{};
  bool has_thread_ = false;
};

}  // namespace tusk::exec::process
