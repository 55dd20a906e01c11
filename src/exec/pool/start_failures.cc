#include "exec/pool/start_failures.h"

#include <algorithm>
#include <utility>

#include "exec/pool/worker_name.h"
#include "observe/log.h"

namespace tusk::exec::pool {

void StartFailures::note(std::string_view what, std::string_view reason, Cause cause) {
  const auto state = state_.lock();
  if (state->reason != reason) observe::error(what, {pool_field(shown_pool_), {"reason", reason}});
  state->reason = reason;
  state->cause = cause;
  ++state->in_a_row;
  cannot_start_.store(true, std::memory_order_relaxed);
}

void StartFailures::note_boot(std::string reason) {
  const auto state = state_.lock();
  state->reason = std::move(reason);
  state->cause = Cause::kConfiguration;
  ++state->in_a_row;
  cannot_start_.store(false, std::memory_order_relaxed);
}

void StartFailures::note_success() {
  const auto state = state_.lock();
  if (cannot_start_.exchange(false, std::memory_order_relaxed))
    observe::info("worker processes start again", {pool_field(shown_pool_)});
  *state = {};
}

bool StartFailures::is_shortage() const {
  const auto state = state_.lock();
  return !state->reason.empty() && state->cause == Cause::kShortage;
}

base::Duration StartFailures::pause() const {
  const int doublings = std::clamp(state_.lock()->in_a_row - 1, 0, 10);
  return std::min<base::Duration>(kFirstPause * (1 << doublings), kLongestPause);
}

}  // namespace tusk::exec::pool
