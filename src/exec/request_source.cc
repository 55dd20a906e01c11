#include "exec/request_source.h"

namespace tusk::exec {

bool RequestSource::next() {
  if (boot_ != nullptr) current_.end();
  if (take()) return true;
  cpu_.settle();
  if (boot_ != nullptr) begin_without_request();
  return false;
}

bool RequestSource::take() {
  for (;;) {
    if (lost_.load(std::memory_order_relaxed)) {
      end_ = End::kWorkerLost;
      return false;
    }
    if (settings_.max_requests != 0 && requests_of_executor_ >= settings_.max_requests &&
        !serves_on(observe::WorkerRecycling::kRequests)) {
      end_ = End::kRequestLimit;
      return false;
    }
    if (is_asked_to_end()) return false;
    const RequestQueue::Popped popped = queue_.pop([this] { cpu_.settle(); });
    if (popped.closed) {
      end_ = End::kQueueClosed;
      return false;
    }
    Exchange* const exchange = popped.exchange;
    if (exchange == nullptr) continue;  // a nudge
    ++requests_of_executor_;
    reply_.emplace(*exchange, settings_.reply);
    if (start(*exchange)) return true;
    reply_->release();
    reply_.reset();
  }
}

bool RequestSource::is_asked_to_end() {
  if (asked_.load(std::memory_order_relaxed) == End::kQueueClosed) return false;
  End asked = asked_.load(std::memory_order_acquire);
  // A worker that is to retire hears it again and again, also if that was asked for just now.
  while (asked != End::kRetired &&
         !asked_.compare_exchange_weak(asked, End::kQueueClosed, std::memory_order_acq_rel)) {
  }
  end_ = asked;
  return true;
}

bool RequestSource::must_end() const {
  return asked_.load(std::memory_order_acquire) != End::kQueueClosed || queue_.is_closed();
}

bool RequestSource::gives_up(base::Duration retry_after) {
  if (queue_.is_closed()) {
    refuse_waiting(retry_after);
    end_ = End::kQueueClosed;
    return true;
  }
  return is_asked_to_end() && end_ == End::kRetired;
}

void RequestSource::begin_script(Exchange& boot) {
  boot.prepare();
  boot_ = &boot;
  begin_without_request();
  slot_.begin_boot(boot.started.time_since_epoch().count(),
                   boot.job.view(boot.job.script_filename));
}

void RequestSource::end_script() {
  current_.end();
  boot_ = nullptr;
}

void RequestSource::begin_without_request() {
  boot_->start(worker_, base::now());
  boot_->job.enqueued = boot_->started;
  current_.begin(*boot_);
}

void RequestSource::refuse_waiting(base::Duration retry_after) {
  while (Exchange* const exchange = queue_.try_pop()) {
    reply_.emplace(*exchange, settings_.reply);
    if (exchange->start(worker_, base::now())) {
      exchange->refused_for = retry_after;
      exchange->pool_is_down = true;
      reply_->fail(503);
    }
    queue_.note_dropped();
    reply_->release();
    reply_.reset();
  }
}

// False: the request is not run and must only be released.
bool RequestSource::start(Exchange& exchange) {
  if (!exchange.start(worker_, base::now())) {
    queue_.note_dropped();
    return false;
  }
  // The loop has checked this when it queued the request. The client may have lost workers since,
  // by requests that it sent at the same time.
  exchange.refused_for = lost_clients_.refused_for(exchange.job, exchange.started);
  if (exchange.refused_for.count() != 0) {
    reply_->fail(503);
    return false;
  }
  started_.store(started_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  metrics_.queue_waited(exchange.started - exchange.job.enqueued);
  current_.begin(exchange);
  reply_->encode_with(encoding_);
  reply_->show_errors_in(slot_);
  show(exchange);
  return true;
}

void RequestSource::show(const Exchange& exchange) {
  const Job& job = exchange.job;
  const http::RequestId id = job.id();
  slot_.begin({.started_ns = exchange.started.time_since_epoch().count(),
               .id = id.view(),
               .method = job.view(job.head.method),
               .host = job.view(job.origin.host),
               .path = job.view(job.head.path),
               .client = job.view(job.origin.client_address),
               .script = job.view(job.script_filename)});
}

void RequestSource::finish() {
  reply_->complete();
  const Exchange& exchange = reply_->exchange();
  const base::Duration took = base::now() - exchange.started - exchange.waited();
  current_.end();
  slot_.end(exchange.memory_peak_bytes);
  count(exchange, took);
  reply_->release();
  reply_.reset();
  cpu_.request_ended(took);
  if (boot_ != nullptr) begin_without_request();
}

void RequestSource::count(const Exchange& exchange, base::Duration took) {
  metrics_.php_took(took);
  if (exchange.memory_peak_bytes != 0) metrics_.php_used_memory(exchange.memory_peak_bytes);
  if (exchange.fatal_error) metrics_.add<observe::Metric::kPhpFatalErrors>();
  if (exchange.abandoned_library) metrics_.add<observe::Metric::kPhpAbandonedLibraries>();
}

void RequestSource::lose(Exchange& exchange, int status, base::MonotonicTime now) {
  lost_.store(true, std::memory_order_release);
  if (exchange.channel != nullptr) loss_ = lost_clients_.add(exchange.job, now);
  exchange.abandon(status);
}

}  // namespace tusk::exec
