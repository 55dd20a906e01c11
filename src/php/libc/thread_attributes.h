// ThreadAttributes: attributes that the kernel keeps for each thread and that a script takes for
// its process's: niceness, and the processors that it may run on. On threads that run scripts
//
// Owner: a ScriptThread. Thread: that worker.
#pragma once

#include <optional>

#include <sched.h>
#include <sys/types.h>

namespace tusk::php::libc {

//   nice(), setpriority()   are remembered, and apply to the programs and processes that the script
//                           starts: without privileges a thread could not get its own niceness
//                           back;
//   getpriority()           returns the remembered value;
//   sched_setaffinity()     applies to the thread, and is undone when the request ends;
//   unshare(), setns()      are refused with EPERM, as PHP-FPM's unprivileged processes are
//   refused:
//                           they could not be undone.
//
// The numbers 0 and getpid() mean this thread, and not the process's first thread, which is the
// server's.
class ThreadAttributes {
 public:
  bool changed() const { return niceness_.has_value() || processors_.has_value(); }
  void reset() noexcept;

  // put_back() goes back to what was set at keep().
  void keep() noexcept;
  void put_back() noexcept;

  // The script's own niceness. -1 and errno: refused.
  int set_niceness(int niceness) noexcept;
  int niceness() const noexcept;
  // Applies it to a process that the script has started. It takes effect a moment after the process
  // began, so a process that ends at once may not notice.
  void apply_to(pid_t process) const noexcept;

  // Remembers what the thread had when the script began. Call it before changing anything.
  void remember_processors() noexcept;

 private:
  std::optional<int> niceness_;
  std::optional<cpu_set_t> processors_;

  std::optional<int> kept_niceness_;
  std::optional<cpu_set_t> kept_processors_;  // those it may run on at keep(), if not all
  bool moved_ = false;                        // the processors were changed since
};

}  // namespace tusk::php::libc
