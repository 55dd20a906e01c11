#include "exec/process/probe/remote_question.h"

#include <sys/mman.h>

namespace tusk::exec::process {

std::shared_ptr<MappedProbeArea> MappedProbeArea::map(int region, std::size_t offset) noexcept {
  void* const memory = ::mmap(nullptr, sizeof(ProbeArea), PROT_READ | PROT_WRITE, MAP_SHARED,
                              region, static_cast<off_t>(offset));
  if (memory == MAP_FAILED) return nullptr;
  return std::shared_ptr<MappedProbeArea>(new MappedProbeArea(static_cast<ProbeArea*>(memory)));
}

MappedProbeArea::~MappedProbeArea() { ::munmap(static_cast<void*>(area_), sizeof(ProbeArea)); }

// A worker that still writes the answer to an earlier question will see that there is another one.
void RemoteQuestion::ask(std::uint64_t about, base::Duration cpu) {
  request = about;
  cpu_time = cpu;
  is_asked_ = true;
  place_.asked.store(++number_, std::memory_order_release);
}

const observation::Backtrace* RemoteQuestion::answer() {
  if (!is_asked_ || !is_answered()) return nullptr;
  if (copied_ == number_) return copy_.get();
  if (copy_ == nullptr) copy_ = std::make_unique<observation::Backtrace>();
  // What is no backtrace is no answer, and stays none.
  is_asked_ = copy_->copy_untrusted(place_.trace);
  if (!is_asked_) return nullptr;
  copied_ = number_;
  return copy_.get();
}

}  // namespace tusk::exec::process
