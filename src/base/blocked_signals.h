// AllSignalsBlocked: blocks signals in the current thread while it lives.
//
// Owner and thread: the thread that starts another one.
#pragma once

#include <csignal>

#include <pthread.h>

namespace tusk::base {

// The threads that are started meanwhile inherit the mask, so that signals reach the main thread
// only. Signals of a crash stay unblocked: if they were blocked, the kernel would end the process
// and no handler could log the reason.
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
