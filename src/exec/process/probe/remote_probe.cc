#include "exec/process/probe/remote_probe.h"

#include <array>
#include <cstring>
#include <utility>

namespace tusk::exec::process {

using observation::Asker;
using observation::FrameLayout;

std::unique_ptr<RemoteProbe> RemoteProbe::create(const Region& region, const Process& process) {
  if (process.directory < 0) return nullptr;
  std::shared_ptr<MappedProbeArea> area =
      MappedProbeArea::map(region.fd(), region.layout().probe_offset());
  if (area == nullptr) return nullptr;
  return std::unique_ptr<RemoteProbe>(new RemoteProbe(std::move(area), process));
}

RemoteProbe::RemoteProbe(std::shared_ptr<MappedProbeArea> area, const Process& process)
    : OutsideProbe({std::make_shared<RemoteQuestion>(area, Asker::kPage),
                    std::make_shared<RemoteQuestion>(area, Asker::kWatchdog),
                    std::make_shared<RemoteQuestion>(area, Asker::kSampler)}),
      area_(std::move(area)),
      activity_(process.directory, process.pid),
      memory_(process.directory, process.program) {}

// Null: the worker has shown none, or none that is sound.
const FrameLayout* RemoteProbe::layout() const noexcept {
  if (layout_) return layout_->is_sound() ? &*layout_ : nullptr;
  if ((*area_)->is_shown.load(std::memory_order_acquire) == 0) return nullptr;
  FrameLayout copy;
  std::memcpy(&copy, &(*area_)->layout, sizeof copy);
  layout_ = copy;
  return copy.is_sound() ? &*layout_ : nullptr;
}

observation::MemoryUse RemoteProbe::memory() const noexcept {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 47;
  const FrameLayout* const at = layout();
  std::array<std::uint64_t, 2> use{};
  memory_.begin();
  if (at == nullptr || at->heap_use == 0 || !memory_.read(at->heap_use, use.data(), sizeof use))
    return {};
  if (use[0] > kMost || use[1] > kMost) return {};
  return {.now_bytes = use[0], .peak_bytes = use[1]};
}

void RemoteProbe::interrupt() noexcept {
  const FrameLayout* const at = layout();
  constexpr std::uint8_t kYes = 1;
  if (at != nullptr) (void)memory_.write(at->globals + at->in_globals.interrupt, &kYes, 1);
}

bool RemoteProbe::is_interrupted() noexcept {
  const FrameLayout* const at = layout();
  std::uint8_t byte = 0;
  memory_.begin();
  return at != nullptr && memory_.read(at->globals + at->in_globals.interrupt, &byte, 1) &&
         byte != 0;
}

// The worker may have ended the request, and begun another one that the server has given it.
bool RemoteProbe::read_frames(observation::Backtrace& into) noexcept {
  const FrameLayout* const at = layout();
  if (at == nullptr || !memory_.is_open()) return false;
  memory_.begin();
  const bool is_whole = observation::FrameWalk(memory_, *at, into).run();
  if (!is_whole && into.frames().empty()) return false;
  return slot_ == nullptr || slot_->state.load(std::memory_order_seq_cst) == SlotState::kRunning;
}

}  // namespace tusk::exec::process
