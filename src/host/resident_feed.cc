#include "host/resident_feed.h"

#include "host/server_signals.h"

namespace tusk::host {

void ResidentFeed::begin_script(exec::Exchange& boot) {
  boot.prepare();
  boot_ = &boot;
  begin_without_request();
}

// The script runs without a client's request: it boots, or is between two of them.
void ResidentFeed::begin_without_request() {
  boot_->start(worker_, base::now());
  boot_->job.enqueued = boot_->started;
  watch_exchange(boot_);
}

void ResidentFeed::booted() {
  boots_again_ = false;
  source_.show(executor_.path_cache());
  source_.serves(true);
}

void ResidentFeed::end_script() {
  watch_exchange(nullptr);
  boot_ = nullptr;
  source_.serves(false);
}

bool ResidentFeed::next() {
  watch_exchange(nullptr);
  if (source_.next()) {
    watch_exchange(&source_.exchange());
    return true;
  }
  begin_without_request();
  return false;
}

void ResidentFeed::finish() {
  watch_exchange(nullptr);
  source_.show(executor_.path_cache());
  source_.finish();
  begin_without_request();
}

}  // namespace tusk::host
