// OutsideProbe: takes backtraces of a PHP thread that answers between instructions and can be read
// from outside while it waits.
//
// Owner: an executor. Threads: as ScriptProbe says.
#pragma once

#include <array>
#include <memory>

#include "exec/observation/script_probe.h"
#include "exec/observation/thread_activity.h"

namespace tusk::exec::observation {

// A thread that runs instructions takes the backtrace itself: interrupt() sets PHP's flag
// EG(vm_interrupt), which PHP checks at loops and calls, and then the thread writes the answer.
//
// A thread that waits in a system call reaches no instruction. It is neither signalled nor woken,
// since a signal would end waits that the kernel does not restart (nanosleep(), poll()), and not
// every library continues them. Instead take() reads the frames from outside, through the kernel,
// so that no address can crash the reader. If the thread's CPU time is the same before and
// after, the thread has not run meanwhile: the frames were at rest, and the backtrace is exact.
//
// A thread inside a C function that computes for long does neither. With Insistence::kNow its
// frames are read while it runs. They stay as they are until the function returns, and PHP checks
// for the interrupt when it does; so what was read is right unless that has happened just then.
class OutsideProbe : public ScriptProbe {
 public:
  using Question = BacktraceQuestion;

  void ask(Asker asker, std::uint64_t request) noexcept override;
  bool take(Asker asker, Insistence insistence, Backtrace& into) noexcept override;
  std::shared_ptr<Question> question(Asker asker) noexcept override {
    return questions_[static_cast<std::size_t>(asker)];
  }

 protected:
  using Questions = std::array<std::shared_ptr<Question>, kAskers>;  // none is null
  explicit OutsideProbe(Questions questions) noexcept : questions_(std::move(questions)) {}

  const Questions& questions() const noexcept { return questions_; }

  virtual void interrupt() noexcept = 0;
  // Whether the thread has still to see interrupt(): it has reached no instruction since.
  virtual bool is_interrupted() noexcept = 0;
  virtual ThreadActivity::Now activity() const noexcept = 0;
  // The frames, as far as they are what they should be. False: they cannot be read, or are not
  // those of the request that runs.
  virtual bool read_frames(Backtrace& into) noexcept = 0;

 private:
  bool take_from_outside(Question& question, Insistence insistence, Backtrace& into) noexcept;

  const Questions questions_;
};

}  // namespace tusk::exec::observation
