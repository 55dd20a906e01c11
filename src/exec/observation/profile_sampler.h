// ProfileSampler: looks at all running scripts again and again, and counts what their time goes to.
//
// Owner and thread: the Profiler's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "exec/exchange.h"
#include "exec/observation/backtrace.h"
#include "exec/observation/script_probe.h"
#include "observe/profile/profile.h"

namespace tusk::exec {
class Executor;
}

namespace tusk::exec::observation {

// Each call of tick() takes one sample of every thread that runs a wanted request. Because the
// looks are not in step with scripts, each function is seen in proportion to its time.
//
// Wall-clock time: a sample stands for half of the time since the look before and half of the time
// until the next one, however late these were.
//
// CPU time: the kernel says how much a thread has used between two looks. That belongs to those of
// the two samples that ran; where both waited, the thread has run in between, unseen, and its time
// is kept for the next sample that runs. So the sum is exact, and a function that waits gets
// nothing.
//
// A thread that runs instructions has its answer ready at the next look, so a sample is complete
// one look later. A thread that has not answered until then is inside a C function that it was in
// before.
class ProfileSampler {
 public:
  using Look = std::function<void(int worker, Exchange&, Executor&)>;
  using VisitAll = std::function<void(const Look&)>;  // as WorkerPools::visit_running()
  using Wants = std::function<bool(const Job&)>;      // empty: every request

  ProfileSampler(VisitAll visit_all, Wants wants);
  ProfileSampler(const ProfileSampler&) = delete;
  ProfileSampler& operator=(const ProfileSampler&) = delete;

  void tick(base::MonotonicTime now);
  // Completes the samples. Not to be used afterwards.
  observe::profile::Profile finish(base::MonotonicTime now);

  // CPU time that the threads have used between the last two looks.
  base::Duration cpu_seen() const { return cpu_seen_; }

 private:
  using NodeId = observe::profile::CallTree::NodeId;
  using FrameId = observe::profile::CallTree::FrameId;

  enum class State : std::uint8_t {
    kNone,
    kUnwanted,  // it runs a request that is not profiled
    kRuns,
    kWaits,
  };
  struct Sample {
    State state = State::kNone;
    bool is_known = true;  // it has its node
    std::uint64_t request = 0;
    NodeId node = 0;        // the innermost function
    NodeId waits_in = 0;    // with kWaits: what it waits in, below `node`
    base::Duration wall{};  // not yet counted, as the next
    base::Duration cpu{};
    bool counts() const { return state == State::kRuns || state == State::kWaits; }
  };
  // A thread that was seen with a request.
  struct Thread {
    std::shared_ptr<BacktraceQuestion> question;
    Sample last;
    bool is_busy = false;         // at the last look, and `last` is of then
    bool was_seen = false;        // at this one
    base::Duration cpu{};         // when it was seen last
    base::Duration unseen_cpu{};  // used while it seemed to wait
    base::MonotonicTime seen{};
    std::uint64_t judged = 0;  // the request that wants_ was asked about
    bool is_wanted = false;
  };

  void take_answer(Thread& thread);
  void look(Exchange& exchange, ScriptProbe& probe, base::Duration gap, base::MonotonicTime now);
  void look_at_the_end(Exchange& exchange, ScriptProbe& probe);
  bool complete(Thread& thread, Exchange& exchange, ScriptProbe& probe, Sample& next);
  Sample new_sample(const Thread& thread, const Sample& before, bool has_run, Exchange& exchange,
                    ScriptProbe& probe);
  static void share_cpu(Thread& thread, Sample& before, Sample& next, base::Duration used);
  void end_of_request(Thread& thread);
  void count(Sample& sample);
  void count_unseen_cpu(Thread& thread);
  void set_node(Sample& sample, const Backtrace& trace);
  void set_wait(Sample& sample, const Exchange& exchange, const Backtrace& trace);
  NodeId node_of(const Backtrace& trace);
  std::optional<FrameId> frame_of(const Backtrace& trace, const Backtrace::Frame& frame);

  const VisitAll visit_all_;
  const Wants wants_;
  observe::profile::Profile profile_;
  std::unordered_map<const BacktraceQuestion*, Thread> threads_;
  base::MonotonicTime last_tick_{};
  base::Duration longest_gap_{};
  base::Duration cpu_seen_{};
  std::unique_ptr<Backtrace> trace_;  // room for one that is taken
  // By class, function and file as PHP has them: what is known need not be escaped again.
  std::unordered_map<std::string, FrameId> frames_;
  std::string key_;  // kept for their capacity
  std::string name_;
  std::string file_;
};

}  // namespace tusk::exec::observation
