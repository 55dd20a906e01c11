// StartChildren: the processes that PHP forks while it starts. OPcache runs opcache.preload in one,
// as the user of opcache.preload_user (accel_finish_startup() in ext/opcache/ZendAccelerator.c),
// and waits for it. It ends with the process that forked it: a preload script that hangs would
// otherwise go on when that one has been ended.
//
// Owner: who starts PHP, for as long as that takes. Thread: the one that starts PHP; in the child
// the only one.
#pragma once

#include <sys/types.h>

namespace tusk::php::process {

class StartChildren {
 public:
  StartChildren() noexcept;
  ~StartChildren();
  StartChildren(const StartChildren&) = delete;
  StartChildren& operator=(const StartChildren&) = delete;

  // fork() calls this in a child of a thread that runs no script. Without a StartChildren it does
  // nothing.
  static void enter_child(pid_t parent) noexcept;
  // After the child has changed its user, by which the kernel takes the end with its parent back.
  static void changed_user() noexcept;
};

}  // namespace tusk::php::process
