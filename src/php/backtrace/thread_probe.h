// ThreadProbe: takes backtraces of the script that a PHP thread runs.
//
// Owner: an executor. Threads: constructor, destructor and answer() the worker; the rest as
// ScriptProbe says.
#pragma once

#include <array>
#include <memory>

#include "exec/observation/script_probe.h"
#include "php/backtrace/heap_use.h"
#include "php/backtrace/thread_activity.h"
#include "php/zend.h"

namespace tusk::php::backtrace {

// A thread that runs instructions takes the backtrace itself: ask() sets EG(vm_interrupt), which
// PHP checks at loops and calls, and PHP calls answer() through zend_interrupt_function.
//
// A thread that waits in a system call reaches no instruction. It is neither signalled nor woken,
// since a signal would end waits that the kernel does not restart (nanosleep(), poll()), and not
// every library continues them. Instead take() reads the frames from outside, through the kernel
// (ProcessMemory), so that no address can crash it. If the thread's CPU time is the same before and
// after, the thread has not run meanwhile: the frames were at rest, and the backtrace is exact.
//
// A thread inside a C function that computes for long does neither. With Insistence::kNow its
// frames are read while it runs. They stay as they are until the function returns, and PHP checks
// for the interrupt when it does; so what was read is right unless that has happened just then.
class ThreadProbe final : public exec::observation::ScriptProbe {
 public:
  using Backtrace = exec::observation::Backtrace;
  using Asker = exec::observation::Asker;
  using Insistence = exec::observation::Insistence;
  using Question = exec::observation::BacktraceQuestion;

  ThreadProbe() noexcept;
  ~ThreadProbe() override;
  ThreadProbe(const ThreadProbe&) = delete;
  ThreadProbe& operator=(const ThreadProbe&) = delete;

  // The calling thread's. Null on threads that run no PHP.
  static ThreadProbe* current() noexcept { return current_; }

  // Answers what was asked. PHP calls it between instructions. It allocates nothing and calls
  // nothing of PHP.
  void answer() noexcept;

  void ask(Asker asker, std::uint64_t request) noexcept override;
  bool take(Asker asker, Insistence insistence, Backtrace& into) noexcept override;
  std::shared_ptr<Question> question(Asker asker) noexcept override {
    return questions_[static_cast<std::size_t>(asker)];
  }
  base::Duration cpu_time() const noexcept override { return activity_.cpu_time(); }
  exec::observation::MemoryUse memory() const noexcept override { return heap_.now(); }

 private:
  void interrupt() noexcept { zend_atomic_bool_store(&globals_.vm_interrupt, true); }
  // Whether the thread has still to see interrupt(): it has reached no instruction since.
  bool is_interrupted() const noexcept { return zend_atomic_bool_load(&globals_.vm_interrupt); }
  bool take_from_outside(Question& question, Insistence insistence, Backtrace& into) noexcept;

  zend_executor_globals& globals_;  // of this thread
  const ThreadActivity activity_;
  const HeapUse heap_;
  std::array<std::shared_ptr<Question>, exec::observation::kAskers> questions_;  // never null
  static inline constinit thread_local ThreadProbe* current_ = nullptr;
};

}  // namespace tusk::php::backtrace
