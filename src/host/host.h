// Host: the process that starts PHP once and forks the workers of a pool.
//
// It does what the server asks (exec/process/host_protocol.h), and tells of the workers' ends. When
// the server is gone it ends its workers, then itself.
//
// Owner: host_main.cc. Thread: main, the only one: what it has is what its workers have.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "exec/executor.h"
#include "exec/process/doorbells.h"
#include "exec/process/figures/host_board.h"
#include "exec/process/host_protocol.h"
#include "host/hello.h"
#include "host/root_directory.h"
#include "host/settings/host_settings.h"
#include "host/worker_process.h"

namespace tusk::host {

class Host {
 public:
  // Reads the server's hello and starts PHP. An error: it cannot; the server knows why.
  static base::Result<Host> start(base::UniqueFd socket);

  // Boots the script of a rewound pool, tells the server that it is ready, and does what it asks.
  // Returns the exit status: in the host, when it is to end; in a worker process, when the worker
  // has ended.
  int run();

 private:
  struct Child {
    int worker = -1;
    base::UniqueFd reason;  // read by the host: why the worker could not start or boot
  };

  Host(base::UniqueFd socket, Hello hello, RootDirectory root, std::unique_ptr<exec::Engine> engine)
      : socket_(std::move(socket)),
        settings_(std::move(hello.settings)),
        root_(std::move(root)),
        board_(std::move(hello.board)),
        doorbells_(std::move(hello.doorbells)),
        engine_(std::move(engine)) {}

  bool rewinds() const { return settings_.scripts.mode == exec::ScriptMode::kRewind; }
  void serve();
  int serve_booted_script();
  void get_ready();
  std::optional<WorkerParts> await_fork();
  void wait_for_news();
  void obey();
  void lose_server();
  void fork_worker(exec::process::Received request);
  void fail_fork(int worker, std::string_view why);
  WorkerParts leave_host(exec::process::Received request, base::UniqueFd reason);
  void signal_worker(const exec::process::Message& request);
  void signal_all(int number) const;
  void reap();
  void tell(exec::process::MessageKind kind, int worker, pid_t pid, int value,
            std::string_view text = {});

  base::UniqueFd socket_;
  HostSettings settings_;
  RootDirectory root_;
  exec::process::HostBoard board_;
  exec::process::DoorbellRinger doorbells_;
  std::unique_ptr<exec::Engine> engine_;
  base::UniqueFd signals_;  // SIGCHLD
  std::map<pid_t, Child> children_;
  bool must_end_ = false;
  bool lost_server_ = false;
  base::MonotonicTime kill_at_{};      // once the server is lost
  std::optional<int> worker_status_;   // in a worker process: its exit status
  std::optional<WorkerParts> forked_;  // in one that has the booted script
};

}  // namespace tusk::host
