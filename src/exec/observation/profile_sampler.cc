#include "exec/observation/profile_sampler.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "exec/executor.h"
#include "observe/escape.h"

namespace tusk::exec::observation {

namespace {

// A thread that has not been seen for so long is forgotten: it may have ended.
constexpr base::Duration kForgetAfter = std::chrono::seconds(60);
// From here on the profile says that nobody has looked meanwhile.
constexpr base::Duration kLongGap = std::chrono::seconds(1);

constexpr std::string_view kNoFunction = "[no PHP function]";
constexpr std::string_view kFurtherCallers = "[further callers]";

std::uint64_t nanoseconds(base::Duration duration) {
  return duration.count() > 0 ? static_cast<std::uint64_t>(duration.count()) : 0;
}

}  // namespace

ProfileSampler::ProfileSampler(VisitAll visit_all, Wants wants)
    : visit_all_(std::move(visit_all)),
      wants_(std::move(wants)),
      trace_(std::make_unique<Backtrace>()) {
  profile_.began = std::chrono::system_clock::now();
}

void ProfileSampler::tick(base::MonotonicTime now) {
  const bool is_first = last_tick_ == base::MonotonicTime();
  const base::Duration gap = is_first ? base::Duration() : now - last_tick_;
  last_tick_ = now;
  longest_gap_ = std::max(longest_gap_, gap);
  cpu_seen_ = {};
  for (auto& [question, thread] : threads_) {
    thread.was_seen = false;
    take_answer(thread);
  }
  visit_all_([&](int /*worker*/, Exchange& exchange, Executor& executor) {
    if (ScriptProbe* const probe = executor.probe()) look(exchange, *probe, gap, now);
  });
  for (auto& [question, thread] : threads_) {
    if (thread.was_seen) continue;
    if (thread.is_busy) {
      if (thread.last.counts()) thread.last.wall += gap / 2;
      end_of_request(thread);
    }
    if (now - thread.seen >= kForgetAfter) count_unseen_cpu(thread);
  }
  std::erase_if(threads_,
                [&](const auto& entry) { return now - entry.second.seen >= kForgetAfter; });
}

observe::profile::Profile ProfileSampler::finish(base::MonotonicTime now) {
  const base::Duration gap =
      last_tick_ == base::MonotonicTime() ? base::Duration() : now - last_tick_;
  longest_gap_ = std::max(longest_gap_, gap);
  for (auto& [question, thread] : threads_) take_answer(thread);
  visit_all_([&](int /*worker*/, Exchange& exchange, Executor& executor) {
    if (ScriptProbe* const probe = executor.probe()) look_at_the_end(exchange, *probe);
  });
  for (auto& [question, thread] : threads_) {
    if (thread.is_busy && thread.last.counts()) thread.last.wall += gap;
    end_of_request(thread);
    count_unseen_cpu(thread);
    thread.question->withdraw();
  }
  if (longest_gap_ > kLongGap) {
    profile_.notes.push_back(
        fmt::format("for {:.1f} s nobody looked: the process was stopped, or had no processor",
                    std::chrono::duration<double>(longest_gap_).count()));
  }
  return std::move(profile_);
}

// The answer to the question of the last look.
void ProfileSampler::take_answer(Thread& thread) {
  if (thread.last.is_known) return;
  const Backtrace* const answer = thread.question->answer();
  if (answer == nullptr) return;
  // The thread may have reached no instruction of that request any more.
  if (answer->request_id == thread.last.request) set_node(thread.last, *answer);
  if (!thread.last.is_known) thread.last.node = profile_.tree.child(0, kNoFunction, {}, 0);
  thread.last.is_known = true;
  thread.question->forget();
}

void ProfileSampler::look(Exchange& exchange, ScriptProbe& probe, base::Duration gap,
                          base::MonotonicTime now) {
  std::shared_ptr<BacktraceQuestion> question = probe.question(Asker::kSampler);
  Thread& thread = threads_[question.get()];
  const bool is_new = thread.question == nullptr;
  if (is_new) thread.question = std::move(question);
  thread.was_seen = true;
  thread.seen = now;
  const std::uint64_t request = exchange.job.request_id;
  if (is_new || thread.judged != request) {
    thread.judged = request;
    thread.is_wanted = !wants_ || wants_(exchange.job);
  }
  const base::Duration cpu = probe.cpu_time();
  const base::Duration used = is_new ? base::Duration() : cpu - thread.cpu;
  thread.cpu = cpu;
  cpu_seen_ += used;
  Sample next;
  if (!complete(thread, exchange, probe, next)) {
    thread.last.wall += gap;
    thread.last.cpu += used;
    return;
  }
  if (!thread.is_wanted) {
    next = {.state = State::kUnwanted, .request = request};
  } else if (next.state == State::kNone) {
    next = new_sample(thread, thread.last, used.count() != 0, exchange, probe);
  }
  if (thread.is_busy && thread.last.counts()) thread.last.wall += gap / 2;
  if (next.counts()) {
    next.wall += gap / 2;
    ++profile_.samples;
  }
  share_cpu(thread, thread.last, next, used);
  count(thread.last);
  thread.last = next;
  thread.is_busy = true;
}

// Finds out where the thread was at the last look, if it has not answered. False: not yet. Sets
// `next` if the thread waits there now.
bool ProfileSampler::complete(Thread& thread, Exchange& exchange, ScriptProbe& probe,
                              Sample& next) {
  Sample& last = thread.last;
  if (last.is_known) return true;
  if (last.request != exchange.job.request_id) {
    last.node = profile_.tree.child(0, kNoFunction, {}, 0);
    last.is_known = true;
    return true;
  }
  if (!probe.take(Asker::kSampler, Insistence::kInsideCall, *trace_)) return false;
  set_node(last, *trace_);
  if (trace_->taken_by == TakenBy::kWhileWaits && thread.is_wanted) {
    next.request = last.request;
    next.node = last.node;
    set_wait(next, exchange, *trace_);
  }
  return true;
}

ProfileSampler::Sample ProfileSampler::new_sample(const Thread& thread, const Sample& before,
                                                  bool has_run, Exchange& exchange,
                                                  ScriptProbe& probe) {
  const std::uint64_t request = exchange.job.request_id;
  const bool still_waits =
      before.state == State::kWaits && thread.is_busy && !has_run && before.request == request;
  Sample next{.state = State::kRuns, .request = request};
  if (still_waits) {
    next.state = State::kWaits;
    next.node = before.node;
    next.waits_in = before.waits_in;
    return next;
  }
  probe.ask(Asker::kSampler, request);
  next.is_known = false;
  if (!probe.take(Asker::kSampler, Insistence::kPatient, *trace_)) return next;
  set_node(next, *trace_);
  if (trace_->taken_by == TakenBy::kWhileWaits) set_wait(next, exchange, *trace_);
  return next;
}

void ProfileSampler::share_cpu(Thread& thread, Sample& before, Sample& next, base::Duration used) {
  const auto ran = [](const Sample& sample) {
    return sample.state == State::kRuns || sample.state == State::kUnwanted;
  };
  const int parts = (ran(before) ? 1 : 0) + (ran(next) ? 1 : 0);
  if (parts == 0) {
    thread.unseen_cpu += used;
    return;
  }
  if (before.state == State::kRuns) before.cpu += used / parts;
  if (next.state == State::kRuns) {
    next.cpu += used / parts + std::exchange(thread.unseen_cpu, base::Duration());
  }
}

// The last look's request has ended. If its thread has not answered, it never will: the sample
// counts without a function.
void ProfileSampler::end_of_request(Thread& thread) {
  thread.is_busy = false;
  if (!thread.last.is_known) {
    thread.last.node = profile_.tree.child(0, kNoFunction, {}, 0);
    thread.last.is_known = true;
  }
  count(thread.last);
}

// It was not seen to run since: nothing better is known.
void ProfileSampler::count_unseen_cpu(Thread& thread) {
  const base::Duration cpu = std::exchange(thread.unseen_cpu, base::Duration());
  if (cpu.count() > 0) profile_.tree.add(thread.last.node, {.cpu_ns = nanoseconds(cpu)});
}

void ProfileSampler::look_at_the_end(Exchange& exchange, ScriptProbe& probe) {
  const auto found = threads_.find(probe.question(Asker::kSampler).get());
  if (found == threads_.end()) return;
  Thread& thread = found->second;
  Sample none;
  share_cpu(thread, thread.last, none, probe.cpu_time() - thread.cpu);
  if (thread.last.is_known || thread.last.request != exchange.job.request_id) return;
  if (probe.take(Asker::kSampler, Insistence::kInsideCall, *trace_)) set_node(thread.last, *trace_);
}

void ProfileSampler::count(Sample& sample) {
  const NodeId innermost = sample.state == State::kWaits ? sample.waits_in : sample.node;
  if (sample.wall.count() != 0) profile_.tree.add(innermost, {.wall_ns = nanoseconds(sample.wall)});
  if (sample.cpu.count() != 0) profile_.tree.add(sample.node, {.cpu_ns = nanoseconds(sample.cpu)});
  sample.wall = sample.cpu = {};
}

void ProfileSampler::set_node(Sample& sample, const Backtrace& trace) {
  sample.node = node_of(trace);
  sample.is_known = true;
}

void ProfileSampler::set_wait(Sample& sample, const Exchange& exchange, const Backtrace& trace) {
  const bool for_client = exchange.waits_for_client();
  name_ =
      for_client ? "[waits for the client]" : fmt::format("[waits in {}]", trace.waiting_call());
  sample.state = State::kWaits;
  sample.waits_in = profile_.tree.child(sample.node, name_, {}, 0);
}

ProfileSampler::NodeId ProfileSampler::node_of(const Backtrace& trace) {
  observe::profile::CallTree& tree = profile_.tree;
  const std::span<const Backtrace::Frame> frames = trace.frames();
  if (frames.empty()) return tree.child(0, kNoFunction, {}, 0);
  NodeId node = trace.has_more_frames ? tree.child(0, kFurtherCallers, {}, 0) : 0;
  for (std::size_t i = frames.size(); i-- > 0;) {
    const std::optional<FrameId> frame = frame_of(trace, frames[i]);
    if (frame) node = tree.child(node, *frame, frames[i].line);
  }
  return node;
}

std::optional<ProfileSampler::FrameId> ProfileSampler::frame_of(const Backtrace& trace,
                                                                const Backtrace::Frame& frame) {
  key_.assign(trace.view(frame.scope)).push_back('\0');
  key_.append(trace.view(frame.function)).push_back('\0');
  key_.append(trace.view(frame.file)).push_back(static_cast<char>(frame.call));
  if (const auto known = frames_.find(key_); known != frames_.end()) return known->second;
  file_.clear();
  observe::append_text_escaped(file_, trace.view(frame.file));
  name_ = function_name(trace, frame);
  // Code outside of functions is told apart by its file.
  if (is_code_outside_functions(trace, frame)) name_.append(" ").append(file_);
  const std::optional<FrameId> id = profile_.tree.find_frame(name_, file_);
  if (id) frames_.emplace(key_, *id);
  return id;
}

}  // namespace tusk::exec::observation
