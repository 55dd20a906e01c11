#include "app/serving_loop.h"

#include <string>
#include <utility>

#include <pthread.h>

#include "base/blocked_signals.h"
#include "exec/process/doorbells.h"
#include "observe/crash/alternate_stack.h"

namespace tusk::app {

namespace {

// The configured limits are for all loops together.
files::FileCache::Limits share_of(files::FileCache::Limits limits, std::uint64_t loops) {
  limits.entries /= loops;
  limits.memory_bytes /= loops;
  limits.descriptors /= loops;
  return limits;
}

std::optional<server::development::Development> development_of(
    std::optional<ServingLoop::DevelopmentParts>& parts,
    std::optional<server::development::ReloadStreams>& reload) {
  if (!parts) return {};
  if (parts->hot_reload) reload.emplace(std::move(parts->process));
  return server::development::Development{.reload = reload ? &*reload : nullptr,
                                          .boot_error = std::move(parts->boot_error)};
}

}  // namespace

ServingLoop::ServingLoop(Parts parts)
    : dispatcher_(std::move(parts.pools), std::move(parts.channel), parts.place.index),
      files_(share_of(parts.file_cache, parts.place.of),
             files::FileLoader(std::move(parts.file_loader), &parts.content_usage), &parts.metrics),
      encodings_(loop_, files_, parts.encoder, parts.compression),
      listings_(loop_, parts.lister, &parts.content_usage),
      documents_(std::move(parts.site), files_),
      x_sendfile_(std::move(parts.x_sendfile)),
      development_(development_of(parts.development, reload_)),
      services_{.dispatcher = dispatcher_,
                .files = files_,
                .encodings = encodings_,
                .listings = listings_,
                .x_sendfile = x_sendfile_,
                .content_shares = parts.content_shares,
                .lost_clients = parts.lost_clients,
                .page_for_blank_failure = parts.page_for_blank_failure,
                .development = development_ ? &*development_ : nullptr},
      server_(loop_, dispatcher_, parts.metrics, parts.shared, parts.place) {
  for (base::UniqueFd& bell : parts.bells) {
    bells_.push_back(std::make_unique<net::Readiness>(loop_, std::move(bell)));
    await_bell(*bells_.back());
  }
}

// It only ends the loop's sleep: the end of the round looks for news.
void ServingLoop::await_bell(net::Readiness& bell) {
  bell.wait([this, &bell] {
    exec::process::Doorbells::clear(bell.fd());
    await_bell(bell);
  });
}

void ServingLoop::start() {
  // Only the first loop handles signals.
  const base::AllSignalsBlocked blocked;  // the thread inherits it
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "tusk-loop");
    const observe::crash::AlternateStack alternate_stack;
    run();
  });
}

void ServingLoop::join() {
  if (thread_.joinable()) thread_.join();
}

void ServingLoop::drain_here(server::DrainTimes times) {
  if (reload_) reload_->end();
  server_.drain(times);
}

void ServingLoop::drain(server::DrainTimes times) {
  loop_.post([this, times] { drain_here(times); });
}

void ServingLoop::reload_pages(server::development::Reload reload) {
  loop_.post([this, reload] {
    if (reload_) reload_->announce(reload);
  });
}

}  // namespace tusk::app
