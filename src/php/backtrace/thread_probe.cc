#include "php/backtrace/thread_probe.h"

#include "php/backtrace/frame_walk.h"
#include "php/request_context.h"

namespace tusk::php::backtrace {

using exec::observation::TakenBy;

ThreadProbe::ThreadProbe() noexcept
    : globals_(*TSRMG_FAST_BULK_STATIC(executor_globals_offset, zend_executor_globals*)) {
  current_ = this;
}

ThreadProbe::~ThreadProbe() { current_ = nullptr; }

void ThreadProbe::answer() noexcept {
  for (Question& question : questions_) {
    State expected = State::kAsked;
    if (!question.state.compare_exchange_strong(
            expected, State::kWriting, std::memory_order_acquire, std::memory_order_relaxed)) {
      continue;
    }
    const auto* const context = static_cast<const RequestContext*>(SG(server_context));
    question.trace->clear(context != nullptr ? context->job->request_id : 0);
    (void)FrameWalk<OwnMemory>(globals_, *question.trace).run();
    question.state.store(State::kAnswered, std::memory_order_release);
  }
}

// While the thread writes the answer to a question that was given up, that answer is as good.
void ThreadProbe::ask(Asker asker, std::uint64_t request) noexcept {
  Question& question = questions_[static_cast<std::size_t>(asker)];
  question.request = request;
  question.cpu_time = cpu_time();
  State state = question.state.load(std::memory_order_acquire);
  if (state != State::kWriting) {
    if (question.trace == nullptr) question.trace = std::make_unique<Backtrace>();
    question.state.compare_exchange_strong(state, State::kAsked, std::memory_order_acq_rel);
  }
  interrupt();
}

bool ThreadProbe::take(Asker asker, Insistence insistence, Backtrace& into) noexcept {
  Question& question = questions_[static_cast<std::size_t>(asker)];
  if (question.state.load(std::memory_order_acquire) == State::kAnswered) {
    into = *question.trace;
    question.state.store(State::kIdle, std::memory_order_release);
    if (into.request_id == question.request) return true;
    ask(asker, question.request);  // the answer was about the request before
  }
  if (take_from_outside(question, insistence, into)) {
    // Unless the thread answers just now: then the next question replaces its answer.
    State expected = State::kAsked;
    question.state.compare_exchange_strong(expected, State::kIdle, std::memory_order_acq_rel);
    return true;
  }
  // Again, because the thread may have cleared it for another interrupt, or at a request's start.
  interrupt();
  return false;
}

bool ThreadProbe::take_from_outside(Question& question, Insistence insistence,
                                    Backtrace& into) noexcept {
  const bool patient = insistence == Insistence::kPatient;
  const base::Duration before = cpu_time();
  const bool has_run = before != question.cpu_time;
  question.cpu_time = before;
  if (has_run && patient) return false;
  const ThreadActivity::Now now = activity_.now();
  // Without the kernel's word, a thread that has not run since the last look waits for something.
  const bool waits = now.state == ThreadActivity::State::kWaitsInCall ||
                     (now.state == ThreadActivity::State::kUnknown && !has_run);
  if (!waits && patient) return false;
  into.clear(question.request);
  (void)FrameWalk<ForeignMemory>(globals_, into).run();
  const bool was_at_rest = waits && cpu_time() == before;
  if (was_at_rest) {
    into.taken_by = TakenBy::kWhileWaits;
    into.set_waiting_call(now.state == ThreadActivity::State::kWaitsInCall
                              ? system_call_name(now.system_call)
                              : "system call");
    return true;
  }
  into.taken_by = TakenBy::kWhileRuns;
  return !patient;
}

}  // namespace tusk::php::backtrace
