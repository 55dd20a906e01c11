// BacktraceQuestion: an asker's question to one thread, and the thread's answer.
//
// Owner: the thread's probe and whoever waits for the answer together, since an answer outlives the
// request, and perhaps the thread. Thread: the asker's; functions under "thread" the thread's that
// is asked.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "exec/observation/backtrace.h"

namespace tusk::exec::observation {

class BacktraceQuestion {
 public:
  BacktraceQuestion() = default;
  virtual ~BacktraceQuestion() = default;
  BacktraceQuestion(const BacktraceQuestion&) = delete;
  BacktraceQuestion& operator=(const BacktraceQuestion&) = delete;

  // --- asker ---
  // To a thread of another process these are something else (exec/process/probe/remote_question.h).
  //
  // Replaces what was asked before. If the thread is still answering an earlier question, that
  // answer serves for this one, too.
  virtual void ask(std::uint64_t about, base::Duration cpu) {
    request = about;
    cpu_time = cpu;
    State state = state_.load(std::memory_order_acquire);
    if (state == State::kWriting) return;
    if (trace_ == nullptr) trace_ = std::make_unique<Backtrace>();
    state_.compare_exchange_strong(state, State::kAsked, std::memory_order_acq_rel);
  }
  // The thread's answer, until forget(). Null: there is none yet. It may be about another request.
  virtual const Backtrace* answer() {
    return state_.load(std::memory_order_acquire) == State::kAnswered ? trace_.get() : nullptr;
  }
  // After answer().
  virtual void forget() { state_.store(State::kIdle, std::memory_order_release); }
  // Unless the thread answers just now: then the next question replaces its answer.
  virtual void withdraw() {
    State expected = State::kAsked;
    state_.compare_exchange_strong(expected, State::kIdle, std::memory_order_acq_rel);
  }
  // The thread has not begun to answer.
  virtual bool is_open() const { return state_.load(std::memory_order_acquire) == State::kAsked; }

  std::uint64_t request = 0;
  base::Duration cpu_time{};  // when the asker looked last

  // --- thread ---
  // Where to write the answer; null: nothing is asked. Call end_answer() then.
  Backtrace* begin_answer() noexcept {
    State expected = State::kAsked;
    const bool asked = state_.compare_exchange_strong(
        expected, State::kWriting, std::memory_order_acquire, std::memory_order_relaxed);
    return asked ? trace_.get() : nullptr;
  }
  void end_answer() noexcept { state_.store(State::kAnswered, std::memory_order_release); }

 private:
  enum class State : std::uint8_t { kIdle, kAsked, kWriting, kAnswered };

  std::atomic<State> state_{State::kIdle};
  std::unique_ptr<Backtrace> trace_;  // made by the first question
};

}  // namespace tusk::exec::observation
