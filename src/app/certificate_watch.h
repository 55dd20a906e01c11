// CertificateWatch: takes up certificates that have changed on disk, while connections go on.
//
// It has a thread of its own, since a file system that does not answer (NFS) holds whoever asks it:
// loops go on, with the certificates that they have.
//
// Owner: the app. Threads: start(), stop() and say_if_held() are main's; the rest is its own
// thread's, which asks for the files' state every second and reads them when one has changed.
#pragma once

#include <chrono>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "observe/metrics.h"
#include "tls/store.h"

namespace tusk::app {

class CertificateWatch {
 public:
  // `metrics` is written by this alone.
  CertificateWatch(tls::CertificateStore& store, observe::MetricsShard& metrics)
      : store_(store), metrics_(metrics) {}
  ~CertificateWatch() { stop(std::chrono::hours(1)); }
  CertificateWatch(const CertificateWatch&) = delete;
  CertificateWatch& operator=(const CertificateWatch&) = delete;

  void start();
  // False: its thread waits for a file, and uses what this object refers to.
  bool stop(base::Duration patience);
  // Logs once that a look at the files takes long.
  void say_if_held();

 private:
  void run();
  void look();

  tls::CertificateStore& store_;
  observe::MetricsShard& metrics_;
  base::Mutex mutex_;
  base::Condition news_;
  bool stopping_ TUSK_GUARDED_BY(mutex_) = false;
  bool ended_ TUSK_GUARDED_BY(mutex_) = false;
  bool looks_ TUSK_GUARDED_BY(mutex_) = false;
  base::MonotonicTime since_ TUSK_GUARDED_BY(mutex_){};  // it looks, or has looked last
  bool said_ = false;                                    // main's
  std::thread thread_;
};

}  // namespace tusk::app
