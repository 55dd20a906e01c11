// ThreadActivity: whether a thread runs, or which system call it waits in.
//
// Owner: a ScriptProbe. Thread: the first constructor the thread that it is about; the rest any
// thread, while that one exists.
#pragma once

#include <cstdint>
#include <string_view>

#include <sys/types.h>
#include <time.h>

#include "base/clock.h"
#include "base/unique_fd.h"

namespace tusk::exec::observation {

class ThreadActivity {
 public:
  ThreadActivity() noexcept;
  // Observes the main thread of another process. The caller keeps the process's directory in /proc.
  ThreadActivity(int directory, pid_t process) noexcept;

  // CPU time of the thread. If two calls return the same, it has not run in between.
  //
  // The kernel brings that of another process up to date at its clock's ticks only. So each time
  // that its thread was given a processor adds a nanosecond.
  base::Duration cpu_time() const noexcept;

  enum class State : std::uint8_t {
    kRuns,  // or would run if it had a processor
    kWaitsInCall,
    kUnknown,  // the kernel does not say
  };
  struct Now {
    State state = State::kUnknown;
    long system_call = -1;  // with kWaitsInCall
  };
  // Asks /proc, which neither stops nor wakes the thread.
  Now now() const noexcept;

 private:
  const pid_t thread_;
  const int directory_ = -1;  // of another process
  base::UniqueFd schedstat_;  // of another process
  clockid_t cpu_clock_{};
  bool has_clock_ = false;
};

// The name of a system call that a script may wait in; another gets "system call" for a name.
std::string_view system_call_name(long number) noexcept;

}  // namespace tusk::exec::observation
