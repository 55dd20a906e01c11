// BootWatch: the time limits of a script that boots in the host, where no server watches it.
//
// Owner: the Host. Thread: its only one.
#pragma once

#include <time.h>

#include "exec/executor.h"

namespace tusk::host {

// A timer sends exec::process::time_signal() ten times a second, as a server does to a worker
// process whose time is over. A script that does not react ends the host: `kStatus`.
class BootWatch {
 public:
  // The exit status of a host whose script cannot be ended.
  static constexpr int kStatus = 5;

  explicit BootWatch(exec::Executor& executor);
  ~BootWatch();
  BootWatch(const BootWatch&) = delete;
  BootWatch& operator=(const BootWatch&) = delete;

  // The script waits: nothing is watched.
  void pause() { set_interval(0); }
  void go_on() { set_interval(kIntervalMs); }

 private:
  static constexpr int kIntervalMs = 100;
  void set_interval(int milliseconds);

  timer_t timer_{};
  bool has_timer_ = false;
};

}  // namespace tusk::host
