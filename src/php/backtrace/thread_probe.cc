#include "php/backtrace/thread_probe.h"

#include "php/backtrace/frame_walk.h"
#include "php/compatibility/thread_globals.h"
#include "php/request_context.h"

namespace tusk::php::backtrace {

using exec::observation::TakenBy;

ThreadProbe::ThreadProbe() noexcept : globals_(compatibility::executor_globals_here()) {
  for (std::shared_ptr<Question>& question : questions_) question = std::make_shared<Question>();
  current_ = this;
}

ThreadProbe::~ThreadProbe() { current_ = nullptr; }

void ThreadProbe::answer() noexcept {
  for (const std::shared_ptr<Question>& question : questions_) {
    Backtrace* const trace = question->begin_answer();
    if (trace == nullptr) continue;
    const auto* const context = static_cast<const RequestContext*>(SG(server_context));
    trace->clear(context != nullptr ? context->job->request_id : 0);
    (void)FrameWalk<OwnMemory>(globals_, *trace).run();
    question->end_answer();
  }
}

void ThreadProbe::ask(Asker asker, std::uint64_t request) noexcept {
  questions_[static_cast<std::size_t>(asker)]->ask(request, cpu_time());
  interrupt();
}

bool ThreadProbe::take(Asker asker, Insistence insistence, Backtrace& into) noexcept {
  Question& question = *questions_[static_cast<std::size_t>(asker)];
  if (const Backtrace* const answer = question.answer()) {
    into = *answer;
    question.forget();
    if (into.request_id == question.request) return true;
    ask(asker, question.request);  // the answer was about the request before
  }
  if (take_from_outside(question, insistence, into)) {
    question.withdraw();
    return true;
  }
  // Again, because the thread may have cleared it for another interrupt, or at a request's start.
  interrupt();
  return false;
}

bool ThreadProbe::take_from_outside(Question& question, Insistence insistence,
                                    Backtrace& into) noexcept {
  const bool patient = insistence == Insistence::kPatient;
  const bool was_interrupted = is_interrupted();
  const base::Duration before = cpu_time();
  const bool has_run = before != question.cpu_time;
  question.cpu_time = before;
  if (has_run && patient) return false;
  const ThreadActivity::Now now = activity_.now();
  // Without the kernel's word, a thread that has not run since the last look waits for something.
  const bool waits = now.state == ThreadActivity::State::kWaitsInCall ||
                     (now.state == ThreadActivity::State::kUnknown && !has_run);
  if (!waits && patient) return false;
  if (insistence == Insistence::kInsideCall && !waits && !was_interrupted) return false;
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
  if (insistence == Insistence::kInsideCall) {
    return was_interrupted && is_interrupted() && question.is_open();
  }
  return !patient;
}

}  // namespace tusk::php::backtrace
