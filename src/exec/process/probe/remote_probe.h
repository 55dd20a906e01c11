// RemoteProbe: looks at the script of a worker process. RemoteExecutor: has it, for those who look
// at executors.
//
// Owner: a RemoteWorker. Thread: any, under the Relay's lock.
#pragma once

#include <memory>
#include <optional>

#include "exec/executor.h"
#include "exec/observation/outside_probe.h"
#include "exec/process/probe/remote_question.h"
#include "exec/process/probe/worker_memory.h"
#include "exec/process/region.h"

namespace tusk::exec::process {

// The worker answers in its region; its frames are read through /proc/PID/mem with the layout that
// it has shown there. The server has no PHP in it. What the worker has written is only a number to
// it: it is checked, and an address that is wrong is an error of the kernel.
class RemoteProbe final : public observation::OutsideProbe {
 public:
  // The process that is looked at. Its directory in /proc stays the caller's.
  struct Process {
    int directory;
    pid_t pid;
    ProgramFile program;
  };
  // Null: it is not possible.
  static std::unique_ptr<RemoteProbe> create(const Region& region, const Process& process);

  // The slot of the request that is looked at next; null: a boot.
  void look_at(const SlotControl* slot) noexcept { slot_ = slot; }

  base::Duration cpu_time() const noexcept override { return activity_.cpu_time(); }
  observation::MemoryUse memory() const noexcept override;

 protected:
  void interrupt() noexcept override;
  bool is_interrupted() noexcept override;
  observation::ThreadActivity::Now activity() const noexcept override { return activity_.now(); }
  bool read_frames(observation::Backtrace& into) noexcept override;

 private:
  RemoteProbe(std::shared_ptr<MappedProbeArea> area, const Process& process);

  const observation::FrameLayout* layout() const noexcept;

  const std::shared_ptr<MappedProbeArea> area_;
  const observation::ThreadActivity activity_;
  mutable WorkerMemory memory_;
  // A copy, once the worker has shown one.
  mutable std::optional<observation::FrameLayout> layout_;
  const SlotControl* slot_ = nullptr;
};

class RemoteExecutor final : public Executor {
 public:
  explicit RemoteExecutor(std::unique_ptr<RemoteProbe> probe) : probe_(std::move(probe)) {}

  void look_at(const SlotControl* slot, bool is_event_stream) noexcept {
    if (probe_ != nullptr) probe_->look_at(slot);
    is_event_stream_ = is_event_stream;
  }

  // Scripts run elsewhere.
  ExecutorHealth run(const Job& /*job*/, Reply& /*reply*/) noexcept override {
    return ExecutorHealth::kBroken;
  }
  observation::ScriptProbe* probe() noexcept override { return probe_.get(); }
  bool is_event_stream() const noexcept override { return is_event_stream_; }

 private:
  const std::unique_ptr<RemoteProbe> probe_;
  bool is_event_stream_ = false;
};

}  // namespace tusk::exec::process
