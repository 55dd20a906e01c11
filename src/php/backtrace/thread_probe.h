// ThreadProbe: takes backtraces of the script that a PHP thread runs.
//
// Owner: an executor. Threads: constructor, destructor, answer() and answer_in() the worker; the
// rest as ScriptProbe says.
#pragma once

#include "exec/observation/frame_layout.h"
#include "exec/observation/outside_probe.h"
#include "php/backtrace/heap_use.h"
#include "php/zend.h"

namespace tusk::exec::process {
struct ProbeArea;
}

namespace tusk::php::backtrace {

class ThreadProbe final : public exec::observation::OutsideProbe {
 public:
  using Backtrace = exec::observation::Backtrace;

  ThreadProbe() noexcept;
  ~ThreadProbe() override;
  ThreadProbe(const ThreadProbe&) = delete;
  ThreadProbe& operator=(const ThreadProbe&) = delete;

  // The calling thread's. Null on threads that run no PHP.
  static ThreadProbe* current() noexcept { return current_; }

  // A worker process: it answers the server's questions in `area` from now on, and tells the
  // server there how its frames can be read. Null: it does not any more.
  static void answer_in(exec::process::ProbeArea* area) noexcept;

  // Answers what was asked. PHP calls it between instructions. It allocates nothing and calls
  // nothing of PHP.
  void answer() noexcept;

  base::Duration cpu_time() const noexcept override { return activity_.cpu_time(); }
  exec::observation::MemoryUse memory() const noexcept override { return heap_.now(); }

 protected:
  void interrupt() noexcept override { zend_atomic_bool_store(&globals_.vm_interrupt, true); }
  bool is_interrupted() noexcept override { return zend_atomic_bool_load(&globals_.vm_interrupt); }
  exec::observation::ThreadActivity::Now activity() const noexcept override {
    return activity_.now();
  }
  bool read_frames(Backtrace& into) noexcept override;

 private:
  void write_answer(Backtrace& into) const noexcept;

  zend_executor_globals& globals_;  // of this thread
  const exec::observation::FrameLayout layout_;
  const exec::observation::ThreadActivity activity_;
  const HeapUse heap_;
  static inline constinit thread_local ThreadProbe* current_ = nullptr;
};

}  // namespace tusk::php::backtrace
