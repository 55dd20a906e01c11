#include "app/drain.h"

#include <chrono>

#include <unistd.h>

#include "observe/log.h"

namespace tusk::app {

namespace {

bool serves_after(supervisor::DrainCause cause) {
  using Cause = supervisor::DrainCause;
  return cause != Cause::kEnds && cause != Cause::kSupervisorGone;
}

// How long an idle connection stays in a drain. A request that its client sends in the moment in
// which it is closed is lost: the longer the time, the fewer clients are so unlucky.
base::Duration idle_time(supervisor::DrainCause cause) {
  return serves_after(cause) ? std::chrono::seconds(5)
                             : base::Duration(std::chrono::milliseconds(500));
}

}  // namespace

Drain::Drain(const Loops& loops, observe::OwnPlace& place, exec::observation::Profiler& profiler,
             Times times)
    : loops_(loops),
      place_(place),
      profiler_(profiler),
      times_(times),
      delay_(loops.front()->loop()) {}

void Drain::begin_to_serve() {
  has_served_ = true;
  place_.set_phase(observe::ProcessPhase::kServing);
}

void Drain::begin_after_delay(std::string_view reason) {
  if (!has_served_ || times_.delay == base::Duration::zero() || under_way_) return begin(reason);
  observe::info("not ready any more: accepts connections until the drain delay is over",
                {{"reason", reason},
                 {"pid", ::getpid()},
                 {"drain_delay_ms",
                  std::chrono::duration_cast<std::chrono::milliseconds>(times_.delay).count()}});
  under_way_ = true;
  delay_.after(times_.delay, [this] { begin("drain_delay"); });
}

void Drain::announce() {
  under_way_ = true;
  announced_ = true;
  delay_.cancel();
}

void Drain::begin(std::string_view reason, supervisor::DrainCause cause) {
  if (!has_served_) {
    observe::info("stopped before the start was complete",
                  {{"reason", reason}, {"pid", ::getpid()}});
    observe::flush();
    ::_exit(0);
  }
  if (!draining()) {
    delay_.cancel();
    observe::info("draining: accepts no more connections and finishes requests in flight",
                  {{"reason", reason},
                   {"pid", ::getpid()},
                   {"generation", place_.facts().generation.load(std::memory_order_relaxed)}});
    place_.set_phase(observe::ProcessPhase::kDraining);
    profiler_.end(observe::profile::Ended::kByProcess);
  }
  has_successor_ = serves_after(cause);
  const server::DrainTimes times{
      .all = times_.timeout, .idle = idle_time(cause), .has_successor = has_successor_};
  loops_.front()->drain_here(times);
  for (std::size_t i = 1; i < loops_.size(); ++i) loops_[i]->drain(times);
}

}  // namespace tusk::app
