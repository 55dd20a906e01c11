#include "app/certificate_watch.h"

#include <string>
#include <vector>

#include <pthread.h>

#include "base/blocked_signals.h"
#include "observe/log.h"

namespace tusk::app {

namespace {

constexpr std::chrono::seconds kInterval{1};
constexpr std::chrono::seconds kLong{10};

}  // namespace

void CertificateWatch::start() {
  const base::AllSignalsBlocked blocked;  // the thread inherits it
  thread_ = std::thread([this] { run(); });
}

bool CertificateWatch::stop(base::Duration timeout) {
  if (!thread_.joinable()) return true;
  const base::MonotonicTime until = base::now() + timeout;
  base::MutexLock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  while (!ended_) {
    if (changed_.wait_until(lock, until) == std::cv_status::timeout) break;
  }
  const bool ended = ended_;
  lock.unlock();
  if (ended) thread_.join();
  return ended;
}

void CertificateWatch::report_if_blocked() {
  base::MutexLock lock(mutex_);
  const bool blocked = checking_ && base::now() - since_ >= kLong;
  lock.unlock();
  if (blocked && !reported_) {
    observe::warn("a file system blocks the check of the certificates: keeping those in use",
                  {{"seconds", kLong.count()}});
  } else if (reported_ && !blocked) {
    observe::info("the check of the certificates continues");
  }
  reported_ = blocked;
}

void CertificateWatch::run() {
  ::pthread_setname_np(::pthread_self(), "tusk-certs");
  base::MutexLock lock(mutex_);
  since_ = base::now();
  while (!stopping_) {
    if (base::now() < since_ + kInterval) {
      changed_.wait_until(lock, since_ + kInterval);
      continue;
    }
    checking_ = true;
    since_ = base::now();
    lock.unlock();
    check();
    lock.lock();
    checking_ = false;
    since_ = base::now();
  }
  ended_ = true;
  changed_.notify_all();
}

void CertificateWatch::check() {
  std::string problem;
  std::vector<std::string> warnings;
  const tls::CertificateStore::Look seen = store_.look(problem, warnings);
  for (const std::string& warning : warnings) observe::warn(warning);
  if (seen == tls::CertificateStore::Look::kReloaded) {
    metrics_.tls_reload(observe::TlsReload::kDone);
    observe::info("new certificates are in use",
                  {{"certificates", store_.current()->description()}});
  } else if (seen == tls::CertificateStore::Look::kRefused) {
    metrics_.tls_reload(observe::TlsReload::kRefused);
    observe::error("new certificates are invalid; keeping the old ones", {{"reason", problem}});
  }
}

}  // namespace tusk::app
