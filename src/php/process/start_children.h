// StartChildren: the processes that PHP forks while it starts. OPcache runs opcache.preload in one,
// as the user of opcache.preload_user (accel_finish_startup() in ext/opcache/ZendAccelerator.c),
// and waits for it. It ends with the process that forked it: a preload script that hangs would
// otherwise go on when that one has been ended.
//
// Owner: who starts PHP, for as long as that takes. Thread: the one that starts PHP; in the child
// the only one.
#pragma once

namespace tusk::php::process {

class StartChildren {
 public:
  StartChildren() noexcept;
  ~StartChildren();
  StartChildren(const StartChildren&) = delete;
  StartChildren& operator=(const StartChildren&) = delete;

  // At the start of a request. In such a child, which has changed its user before: the kernel takes
  // the end with the parent back then. Otherwise it does nothing.
  static void begin_request() noexcept;
};

}  // namespace tusk::php::process
