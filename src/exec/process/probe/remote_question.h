// RemoteQuestion: an asker's question to a worker process, which answers in its region.
//
// Owner: its RemoteProbe and whoever waits for the answer, together. Thread: the asker's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "exec/observation/backtrace_question.h"
#include "exec/process/probe/probe_area.h"

namespace tusk::exec::process {

// A mapping of a region's ProbeArea: answers are read even when the worker is gone.
class MappedProbeArea {
 public:
  // Null: it cannot be mapped.
  static std::shared_ptr<MappedProbeArea> map(int region, std::size_t offset) noexcept;
  ~MappedProbeArea();
  MappedProbeArea(const MappedProbeArea&) = delete;
  MappedProbeArea& operator=(const MappedProbeArea&) = delete;

  ProbeArea& operator*() const { return *area_; }
  ProbeArea* operator->() const { return area_; }

 private:
  explicit MappedProbeArea(ProbeArea* area) : area_(area) {}
  ProbeArea* area_;
};

class RemoteQuestion final : public observation::BacktraceQuestion {
 public:
  RemoteQuestion(std::shared_ptr<MappedProbeArea> area, observation::Asker asker)
      : area_(std::move(area)), place_((*area_)->places[static_cast<std::size_t>(asker)]) {}

  void ask(std::uint64_t about, base::Duration cpu) override;
  const observation::Backtrace* answer() override;
  void forget() override { is_asked_ = false; }
  void withdraw() override { is_asked_ = false; }
  bool is_open() const override { return is_asked_ && !is_answered(); }

 private:
  bool is_answered() const { return place_.answered.load(std::memory_order_acquire) == number_; }

  const std::shared_ptr<MappedProbeArea> area_;
  ProbeArea::Place& place_;
  std::uint32_t number_ = 0;  // of the last question
  bool is_asked_ = false;
  std::uint32_t copied_ = 0;  // the number of the question that the copy answers
  std::unique_ptr<observation::Backtrace> copy_;
};

}  // namespace tusk::exec::process
