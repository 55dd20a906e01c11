// Serving: what the supervisor tells it to do, and what it asks of the supervisor.

#include <cstdint>
#include <numeric>
#include <string>
#include <utility>

#include "app/serving.h"
#include "observe/log.h"
#include "observe/log_file.h"

namespace tusk::app {

namespace {

constexpr base::Duration kRenewalTick = std::chrono::milliseconds(50);
constexpr base::Duration kReopeningTick = std::chrono::milliseconds(20);

}  // namespace

void Serving::listen_to_supervisor() {
  if (!supervision_.on() && live_.recycling.any())
    observe::warn("without a supervisor no process is replaced: process_* limits have no effect");
  supervision_.listen(
      first().loop(),
      {.will_drain = [this] { drain_->announce(); },
       .drain = [this](supervisor::DrainCause cause) { drain_->begin(to_word(cause), cause); },
       .reopen_logs = [this] { reopen_logs(); },
       .renew_php = [this] { renew_php(); },
       .apply = [this](std::string text) { apply(std::move(text)); },
       .serve_internal =
           [this](base::UniqueFd client) { first().server().serve_internal(std::move(client)); }});
}

void Serving::reopen_logs() {
  observe::reopen_files();
  pools_.reopen_logs();
  if (!reopening_) reopening_.emplace(first().loop());
  ++unanswered_reopenings_;
  await_reopened_logs();
}

// The log's threads may have to wait for a disk. The supervisor has a limit for the answer.
void Serving::await_reopened_logs() {
  if (observe::are_files_reopening())
    return reopening_->after(kReopeningTick, [this] { await_reopened_logs(); });
  std::string problems;
  for (const std::string& problem : observe::unopenable_log_files())
    problems += (problems.empty() ? "" : "\n") + problem;
  for (; unanswered_reopenings_ > 0; --unanswered_reopenings_)
    supervision_.tell_logs_reopened(problems);
}

void Serving::apply(std::string file_text) {
  // They are read in two steps, a second apart. A new process reads them at its start.
  if (certificates_ != nullptr && certificates_->files_have_changed())
    return supervision_.tell_applied(base::fail("a certificate has changed, too"));
  const base::Result<plan::LiveSettings> changed = configuration_.change(std::move(file_text));
  if (!changed) return supervision_.tell_applied(std::unexpected(changed.error()));
  live_ = *changed;
  observe::set_level(live_.log_level);
  pools_.change_log_level(live_.log_level);
  pools_.change(live_.slow_log, live_.stall_timeout);
  rate_limiter_.change(live_.rate_limit);
  handshake_limiter_.change(live_.rate_limit);
  recycle_watch_.change(live_.recycling);
  drain_->change({.delay = live_.drain_delay, .timeout = live_.drain_timeout});
  supervision_.tell_applied({});
}

void Serving::renew_php() {
  if (plan_.process.has_threads())
    return supervision_.tell_php_renewed(base::fail(std::string(supervisor::kPhpInThreads)));
  if (const base::Result<void> begun = pools_.begin_renewal(); !begun)
    return supervision_.tell_php_renewed(std::unexpected(begun.error()));
  if (!renewal_) renewal_.emplace(first().loop());
  await_renewal();
}

void Serving::await_renewal() {
  const exec::pool::Renewal renewal = pools_.renewal();
  switch (renewal.state) {
    case exec::pool::Renewal::State::kUnderWay:
      return renewal_->after(kRenewalTick, [this] { await_renewal(); });
    case exec::pool::Renewal::State::kFailed:
      return supervision_.tell_php_renewed(base::fail(renewal.reason));
    case exec::pool::Renewal::State::kNone:
    case exec::pool::Renewal::State::kDone:
      if (preload_watch_) preload_watch_->forget();
      return supervision_.tell_php_renewed({});
  }
}

// A pool whose workers have all crashed gets none again, but the others still serve. With a
// supervisor another process takes the place of this one (ask_to_be_replaced()). Without, the
// process finishes its requests and ends, so that a process manager starts it anew.
void Serving::end_if_a_pool_is_dead() {
  if (supervision_.on() || !pools_.any_dead() || drain_->under_way()) return;
  ended_for_dead_pool_ = true;
  drain_->begin("a pool has no worker left");
}

void Serving::ask_to_be_replaced() {
  if (!supervision_.on() || !drain_->has_served() || drain_->draining()) return;
  const auto restarts = code_cache().restarts;  // by reason
  const live::RecycleWatch::Counts counts{
      .lost_workers = pools_.count(exec::pool::WorkerState::kLost),
      .opcache_restarts = std::accumulate(restarts.begin(), restarts.end(), std::uint64_t{0}),
      .changed_code = preload_watch_ ? preload_watch_->changes() : 0};
  if (pools_.any_dead() && !asked_for_dead_pool_) {
    asked_for_dead_pool_ = true;
    const auto lost = pools_.count(exec::pool::WorkerState::kLost);
    return supervision_.tell_recycle(
        {.reason = observe::ProcessRecycling::kLostWorkers, .measured = lost, .limit = lost});
  }
  const auto request = recycle_watch_.look(base::now(), counts);
  if (request) supervision_.tell_recycle(*request);
}

}  // namespace tusk::app
