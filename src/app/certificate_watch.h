// CertificateWatch: the reload of changed certificates.
//
// Owner: Serving. Threads: start(), stop() and report_if_blocked() are main's. The rest is its own
// thread's, which checks the files every second and reads them when one has changed.
#pragma once

#include <chrono>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "observe/metrics.h"
#include "tls/store.h"

namespace tusk::app {

// Reloads certificates that have changed on disk.
//
// It has a thread of its own, because a file system that does not answer (NFS) blocks its caller.
// Meanwhile the loops continue with the certificates that they have.
class CertificateWatch {
 public:
  // Only this object writes to `metrics`.
  CertificateWatch(tls::CertificateStore& store, observe::MetricsShard& metrics)
      : store_(store), metrics_(metrics) {}
  ~CertificateWatch() { stop(std::chrono::hours(1)); }
  CertificateWatch(const CertificateWatch&) = delete;
  CertificateWatch& operator=(const CertificateWatch&) = delete;

  void start();
  // False: its thread still waits for a file, and uses what this object refers to.
  bool stop(base::Duration timeout);
  // Logs once when a check of the files takes long, and once when it has ended.
  void report_if_blocked();

 private:
  void run();
  void check();

  tls::CertificateStore& store_;
  observe::MetricsShard& metrics_;
  base::Mutex mutex_;
  base::Condition changed_;
  bool stopping_ TUSK_GUARDED_BY(mutex_) = false;
  bool ended_ TUSK_GUARDED_BY(mutex_) = false;
  bool checking_ TUSK_GUARDED_BY(mutex_) = false;
  base::MonotonicTime since_ TUSK_GUARDED_BY(mutex_){};  // start of this check, or end of the last
  bool reported_ = false;                                // main's
  std::thread thread_;
};

}  // namespace tusk::app
