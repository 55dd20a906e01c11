// Generation: what changes while it serves. A process that asks for it is replaced (recycled), and
// all processes take over values that change in place, or start PHP anew.
//
// At a recycling a successor starts in a place of its own, with warm_up. When it is ready, the old
// process is told to drain, as at a reload. One process is replaced after the other: the next
// successor starts when the old process has ended.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include "observe/events.h"
#include "observe/log.h"
#include "supervisor/crash/end_log.h"
#include "supervisor/generation.h"

namespace tusk::supervisor {

namespace {

// Beside warm_up_timeout. A successor that takes longer to start (a preload script hangs, say) is
// given up, and the old process goes on.
constexpr base::Duration kStartTimeout = std::chrono::seconds(60);
// A process answers at once, unless it starts or hangs.
constexpr base::Duration kApplyTimeout = std::chrono::seconds(10);
// PHP hosts start, and resident scripts boot. A process gives up a host after two minutes.
constexpr base::Duration kRenewalTimeout = std::chrono::minutes(5);

std::int64_t seconds(base::Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

// The fields of a line about a RecycleRequest, with their units.
std::pair<std::string_view, std::string_view> names_of_values(observe::ProcessRecycling reason) {
  using Reason = observe::ProcessRecycling;
  if (reason == Reason::kMemory) return {"measured_bytes", "limit_bytes"};
  if (reason == Reason::kAge) return {"measured_seconds", "limit_seconds"};
  return {"measured", "limit"};
}

}  // namespace

// --- recycling ---

void Generation::take_recycle_request(Place& place, std::string_view text) {
  const auto request = recycling::parse_recycle_request(text);
  const bool serves = place.process != nullptr && place.ready && !place.retiring;
  if (!request || !serves || draining_ || place.recycle) return;
  place.recycle = request;
  const base::Duration served = base::now() - place.ready_since;
  using recycling::RecyclePace;
  const bool is_code = request->reason == observe::ProcessRecycling::kPreloaded;
  const base::Duration delay =
      place.pace.after_request(served, is_code ? RecyclePace::kMostForCode : RecyclePace::kMost);
  place.recycle_at = base::now() + delay;
  if (delay == base::Duration::zero()) return recycle_next();
  observe::warn(
      is_code ? "preloaded code has changed soon after the start of a server process, like before: "
                "it is replaced a minute after its start"
              : "a server process reached its limit soon after its start, like the one before it: "
                "raise the limit; until then it is replaced less often",
      {{"pid", place.process->pid()},
       {"reason", recycling::to_string(request->reason)},
       {"measured", request->measured},
       {"limit", request->limit},
       {"served_seconds", seconds(served)},
       {"wait_seconds", seconds(delay)}});
  recycle_after(place, delay);
}

void Generation::recycle_after(Place& place, base::Duration delay) {
  place.recycle_at = base::now() + delay;
  place.change.after(delay, [this] { recycle_next(); });
}

// No process starts, is replaced or drains.
bool Generation::is_settled() const {
  return std::ranges::all_of(places_, [](const auto& place) {
    return place->process != nullptr && place->ready && !place->retiring &&
           place->replaces == nullptr;
  });
}

void Generation::recycle_next() {
  if (!ready_ || draining_ || drain_announced_ || !listener_.may_recycle() || !is_settled()) return;
  const base::MonotonicTime now = base::now();
  const auto found = std::ranges::find_if(places_, [&](const auto& place) {
    return place->recycle.has_value() && place->recycle_at <= now;
  });
  if (found != places_.end()) start_successor(**found);
}

void Generation::start_successor(Place& old) {
  const auto [measured, limit] = names_of_values(old.recycle->reason);
  observe::info("replaces a server process: its successor starts",
                {{"pid", old.process->pid()},
                 {"reason", recycling::to_string(old.recycle->reason)},
                 {measured, old.recycle->measured},
                 {limit, old.recycle->limit},
                 {"generation", number_}});
  Place& successor = *places_.emplace_back(std::make_unique<Place>(loop_));
  successor.replaces = &old;
  successor.pace = old.pace;
  const base::Result<void> started = start_process(successor);
  if (started) {
    successor.change.after(kStartTimeout + configuration_.warm_up_timeout,
                           [this, &successor] { give_up_successor(successor); });
    return;
  }
  remove(successor);
  const base::Duration delay = old.pace.after_failed_start();
  observe::error(started.error().message, {{"wait_seconds", seconds(delay)}});
  recycle_after(old, delay);
}

void Generation::give_up_successor(Place& successor) {
  if (successor.replaces == nullptr || successor.process == nullptr) return;
  Place& old = *successor.replaces;
  const base::Duration delay = old.pace.after_failed_start();
  observe::error(
      "a server process did not start in time: it is killed, and the one that it should replace "
      "goes on",
      {{"pid", successor.process->pid()},
       {"goes_on", old.process->pid()},
       {"wait_seconds", seconds(delay)}});
  successor.killed = true;
  (void)::kill(successor.process->pid(), SIGKILL);
  recycle_after(old, delay);
}

void Generation::stop_recycling() {
  for (const auto& place : places_) {
    if (place->replaces == nullptr || place->ready) continue;
    place->change.cancel();
    place->killed = true;
    (void)::kill(place->process->pid(), SIGKILL);
  }
}

void Generation::take_over(Place& successor) {
  Place& old = *std::exchange(successor.replaces, nullptr);
  successor.change.cancel();
  successor.started_before = true;
  old.retiring = true;
  processes_.set_phase(old.process->pid(), observe::ProcessPhase::kDraining);
  processes_.count_recycling(old.recycle->reason);
  observe::info("replaced a server process: its successor serves, and it drains",
                {{"pid", old.process->pid()},
                 {"successor", successor.process->pid()},
                 {"reason", recycling::to_string(old.recycle->reason)},
                 {"generation", number_}});
  const std::string message =
      "a process was replaced: " + std::string(recycling::to_string(old.recycle->reason));
  observe::note_event(
      {.kind = observe::EventKind::kReload, .pid = old.process->pid(), .message = message});
  old.control->send(Message::kDrain, to_text(DrainCause::kRecycled));
  set_retirement_deadline(old);
}

void Generation::set_retirement_deadline(Place& place) {
  place.change.after(configuration_.drain_timeout + kTimeToEnd, [&place] {
    if (place.process == nullptr) return;
    observe::error("a replaced server process did not end in time: it is killed",
                   {{"pid", place.process->pid()}});
    place.killed = true;
    (void)::kill(place.process->pid(), SIGKILL);
  });
}

// False: the process had nothing to do with a recycling.
bool Generation::take_ending_of_change(Place& place, const Ending& ending,
                                       const crash::RunningRequests& cut_off) {
  if (place.retiring) {
    take_ending_of_retired(place, ending, cut_off);
    return true;
  }
  if (place.replaces != nullptr) {
    Place& old = *place.replaces;
    if (!place.killed) {
      const base::Duration delay = old.pace.after_failed_start();
      observe::error(
          "a server process ended before it was ready: the one that it should replace "
          "goes on",
          {{"pid", ending.pid}, {"goes_on", old.process->pid()}, {"wait_seconds", seconds(delay)}});
      recycle_after(old, delay);
    }
    remove(place);
    return true;
  }
  const auto successor =
      std::ranges::find_if(places_, [&](const auto& other) { return other->replaces == &place; });
  if (successor == places_.end()) return false;
  // Its successor starts already: clients wait for that.
  crash::log_end({ending, number_, cut_off},
                 {.was_short_of_memory = was_killed_for_memory(place, ending),
                  .served = base::now() - place.ready_since,
                  .delay = {}});
  (*successor)->replaces = nullptr;
  (*successor)->change.cancel();
  (*successor)->started_before = true;
  remove(place);
  return true;
}

void Generation::take_ending_of_retired(Place& place, const Ending& ending,
                                        const crash::RunningRequests& cut_off) {
  if (ending.by_signal()) {
    crash::log_end_of_drain({ending, number_, cut_off});
  } else if (ending.exit_status() != 0) {
    observe::warn("a replaced server process did not finish everything",
                  {{"pid", ending.pid}, {"status", ending.exit_status()}});
  } else {
    observe::info("a replaced server process has drained", {{"pid", ending.pid}});
  }
  remove(place);
  recycle_next();
}

// The loop may have a call ready for it.
void Generation::remove(const Place& place) {
  const auto found =
      std::ranges::find_if(places_, [&](const auto& each) { return each.get() == &place; });
  loop_.post([removed = std::move(*found)] {});
  places_.erase(found);
}

// --- values that change in place ---

void Generation::apply(Configuration configuration) {
  configuration_before_ = std::exchange(configuration_, std::move(configuration));
  refusals_.clear();
  // A process that starts from now on has the new file.
  const base::Result<void> written = write_file();
  if (!written) refusals_.push_back(written.error().message);
  for (const auto& place : places_) {
    if (place->process == nullptr || place->retiring || !written) continue;
    place->applies = true;
    place->control->send(Message::kApply, file_);
  }
  apply_timer_.after(kApplyTimeout, [this] {
    for (const auto& place : places_) {
      if (!std::exchange(place->applies, false)) continue;
      refusals_.push_back("server process " + std::to_string(place->process->pid()) +
                          " does not answer");
    }
    end_apply_if_all_have_answered();
  });
  loop_.post([this] { end_apply_if_all_have_answered(); });
}

void Generation::take_answer(Place& place, const Received& received) {
  if (!std::exchange(place.applies, false)) return;
  if (received.message == Message::kNotApplied) refusals_.emplace_back(received.text);
  end_apply_if_all_have_answered();
}

void Generation::end_apply_if_all_have_answered() {
  const bool waits = std::ranges::any_of(places_, [](const auto& place) { return place->applies; });
  if (!configuration_before_ || waits) return;
  apply_timer_.cancel();
  Configuration before = std::move(*std::exchange(configuration_before_, std::nullopt));
  if (!refusals_.empty()) {
    configuration_ = std::move(before);
    const base::Result<void> written = write_file();
    if (!written) observe::error(written.error().message);
    // Those that have taken the new values over, or will when they wake, go back. Their answers
    // change nothing.
    for (const auto& place : places_) {
      if (place->process != nullptr && !place->retiring && written)
        place->control->send(Message::kApply, file_);
    }
  } else {
    // A limit may be another now. A process that is over it asks again.
    for (const auto& place : places_) {
      const bool has_successor = std::ranges::any_of(
          places_, [&](const auto& other) { return other->replaces == place.get(); });
      if (place->retiring || has_successor || place->replaces != nullptr) continue;
      place->recycle.reset();
      place->change.cancel();
    }
  }
  listener_.on_applied(*this, std::exchange(refusals_, {}));
}

// --- PHP that starts anew ---

void Generation::renew_php() {
  renewing_ = true;
  renewal_failures_.clear();
  for (const auto& place : places_) {
    if (place->process == nullptr || place->retiring) continue;
    place->renews = true;
    place->control->send(Message::kRenewPhp);
  }
  renewal_timer_.after(kRenewalTimeout, [this] {
    for (const auto& place : places_) {
      if (!std::exchange(place->renews, false)) continue;
      renewal_failures_.push_back("server process " + std::to_string(place->process->pid()) +
                                  " does not answer");
    }
    end_renewal_if_all_have_answered();
  });
  loop_.post([this] { end_renewal_if_all_have_answered(); });
}

void Generation::take_renewal(Place& place, const Received& received) {
  if (!std::exchange(place.renews, false)) return;
  if (received.message == Message::kPhpNotRenewed) renewal_failures_.emplace_back(received.text);
  end_renewal_if_all_have_answered();
}

void Generation::end_renewal_if_all_have_answered() {
  const bool waits = std::ranges::any_of(places_, [](const auto& place) { return place->renews; });
  if (!renewing_ || waits) return;
  renewing_ = false;
  renewal_timer_.cancel();
  listener_.on_php_renewed(*this, std::exchange(renewal_failures_, {}));
}

// --- log files that are opened again ---

void Generation::reopen_logs() {
  send_all(Message::kReopenLogs);
  for (const auto& place : places_) {
    if (place->process != nullptr) ++place->unanswered_reopenings;
  }
}

bool Generation::is_reopening() const {
  return std::ranges::any_of(places_, [](const auto& place) {
    return place->process != nullptr && place->unanswered_reopenings > 0;
  });
}

std::vector<pid_t> Generation::reopening() const {
  std::vector<pid_t> pids;
  for (const auto& place : places_) {
    const bool serves = place->process != nullptr && place->ready;
    if (serves && place->unanswered_reopenings > 0) pids.push_back(place->process->pid());
  }
  return pids;
}

}  // namespace tusk::supervisor
