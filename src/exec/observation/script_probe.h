// ScriptProbe: looks at a worker's script from other threads, while it runs.
//
// Owner: an Executor. Thread: any except the worker's, and only inside RequestSource::visit() or
// RemoteWorker::visit_running(), so that the request does not end meanwhile. No function blocks,
// and none changes what the script does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "exec/observation/backtrace.h"
#include "exec/observation/backtrace_question.h"

namespace tusk::exec::observation {

// Asker says who asks for backtraces. Each asker has a place of its own for the answer, so they do
// not disturb one another. One thread at a time may use an asker's name.
enum class Asker : std::uint8_t { kPage, kWatchdog, kSampler };
inline constexpr std::size_t kAskers = 3;

enum class Insistence : std::uint8_t {
  kPatient,  // only an exact backtrace; if there is none yet, ask again a moment later
  // The same, or one that was taken while the thread was inside a C function that it has not left
  // since it was asked: its frames have not changed.
  kInsideCall,
  kNow,  // whatever can be seen now, even while the thread runs
};

// PHP's memory of a request, as memory_get_usage(true) has it; zero if it is unknown.
struct MemoryUse {
  std::size_t now_bytes = 0;
  std::size_t peak_bytes = 0;
};

class ScriptProbe {
 public:
  virtual ~ScriptProbe() = default;

  // Asks the thread for a backtrace of `request`. It replaces what the asker asked before.
  virtual void ask(Asker asker, std::uint64_t request) noexcept = 0;

  // Takes the answer of the thread; or, if the thread waits in a system call, takes the backtrace
  // itself. False: there is none yet. True ends the question.
  virtual bool take(Asker asker, Insistence insistence, Backtrace& into) noexcept = 0;

  // The asker's question, whose answer can be read without this probe, after the request too.
  virtual std::shared_ptr<BacktraceQuestion> question(Asker asker) noexcept = 0;

  // CPU time of the thread. If it is the same twice, the thread has not run in between, and its
  // backtrace has not changed.
  virtual base::Duration cpu_time() const noexcept = 0;

  virtual MemoryUse memory() const noexcept = 0;
};

}  // namespace tusk::exec::observation
