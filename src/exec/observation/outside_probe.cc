#include "exec/observation/outside_probe.h"

namespace tusk::exec::observation {

void OutsideProbe::ask(Asker asker, std::uint64_t request) noexcept {
  questions_[static_cast<std::size_t>(asker)]->ask(request, cpu_time());
  interrupt();
}

bool OutsideProbe::take(Asker asker, Insistence insistence, Backtrace& into) noexcept {
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

bool OutsideProbe::take_from_outside(Question& question, Insistence insistence,
                                     Backtrace& into) noexcept {
  const bool patient = insistence == Insistence::kPatient;
  const bool was_interrupted = is_interrupted();
  const base::Duration before = cpu_time();
  const bool has_run = before != question.cpu_time;
  question.cpu_time = before;
  if (has_run && patient) return false;
  const ThreadActivity::Now now = activity();
  // Without the kernel's word, a thread that has not run since the last look waits for something.
  const bool waits = now.state == ThreadActivity::State::kWaitsInCall ||
                     (now.state == ThreadActivity::State::kUnknown && !has_run);
  if (!waits && patient) return false;
  if (insistence == Insistence::kInsideCall && !waits && !was_interrupted) return false;
  into.clear(question.request);
  if (!read_frames(into)) return false;
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

}  // namespace tusk::exec::observation
