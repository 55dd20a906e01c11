// AllSignalsBlocked: while it lives, signals do not reach this thread, nor those that it starts:
// they are the main thread's. Those of a crash are left: where they are blocked, the kernel ends
// the process and no handler can say why.
//
// Owner and thread: whoever starts a thread.
#pragma once

#include <csignal>

#include <pthread.h>

namespace tusk::base {

class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    for (const int crash : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigdelset(&all, crash);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace tusk::base
