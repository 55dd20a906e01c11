// What the kernel keeps for each thread and a script takes for its process's: niceness, and the
// processors that it may run on. On threads that run scripts
//
//   nice(), setpriority()   are remembered, and hold for the programs and processes that the script
//                           starts: without privileges a thread could not be given its own niceness
//                           back;
//   getpriority()           tells what is remembered;
//   sched_setaffinity()     is for the thread, and undone when the request ends;
//   unshare(), setns()      are refused with EPERM, as they are to PHP-FPM's unprivileged
//   processes:
//                           there would be no way back.
//
// The numbers 0 and getpid() are the thread, and not the process's first one, which is the
// server's.
//
// Owner: a ScriptThread. Thread: that worker.
#pragma once

#include <optional>

#include <sched.h>
#include <sys/types.h>

namespace tusk::php::libc {

class ThreadAttributes {
 public:
  bool changed() const { return niceness_.has_value() || processors_.has_value(); }
  void reset() noexcept;

  // The script's own; -1 and errno: refused.
  int set_niceness(int niceness) noexcept;
  int niceness() const noexcept;
  // To a process that the script has started: a moment after it began, so that one which ends at
  // once may not notice.
  void give_to(pid_t process) const noexcept;

  // What the thread has when the script begins; to be called before it is changed.
  void remember_processors() noexcept;

 private:
  std::optional<int> niceness_;
  std::optional<cpu_set_t> processors_;
};

}  // namespace tusk::php::libc
