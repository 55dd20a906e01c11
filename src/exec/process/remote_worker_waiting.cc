// RemoteWorker: the requests that wait for it, and how they are taken back.
#include <cstddef>
#include <string_view>

#include "exec/process/remote_worker.h"

namespace tusk::exec::process {

// Whether the worker has not begun the slot's request. In a state that no worker sets, it may have:
// it was given the request, and has written where it must not. A request that may be repeated (RFC
// 9110, 9.2.1) then goes to another worker, but only once: it may be the one that does the harm.
bool RemoteWorker::counts_as_waiting(std::size_t i, SlotState state) const {
  const Slot& slot = slots_[i];
  if (slot.begun || state == SlotState::kRunning || state == SlotState::kDone) return false;
  if (state == SlotState::kReady) return true;
  const Job& job = slot.exchange->job;
  const std::string_view method = job.view(job.head.method);
  return !slot.exchange->given_again && (method == "GET" || method == "HEAD");
}

Exchange* RemoteWorker::take_back_waiting() {
  for (;;) {
    std::size_t first = kSlots;
    SlotState state{};
    for (std::size_t i = 0; i < kSlots; ++i) {
      const Slot& slot = slots_[i];
      if (slot.exchange == nullptr) continue;
      const SlotState now = region_.slot(i).state.load(std::memory_order_seq_cst);
      if (!counts_as_waiting(i, now)) continue;
      if (first != kSlots && slot.order >= slots_[first].order) continue;
      first = i;
      state = now;
    }
    if (first == kSlots) return nullptr;
    if (state != SlotState::kReady) {
      slots_[first].exchange->given_again = true;
    } else if (!region_.slot(first).state.compare_exchange_strong(state, SlotState::kFree)) {
      continue;
    }
    return empty(first);
  }
}

// A request that was taken back.
Exchange* RemoteWorker::empty(std::size_t i) {
  Exchange* const exchange = slots_[i].exchange;
  if (slots_[i].is_shown) shown_.take_back();
  slots_[i] = {};
  --requests_;
  --waiting_;
  return exchange;
}

RemoteWorker::TakeBack RemoteWorker::take_back(Exchange& exchange, base::MonotonicTime now) {
  for (std::size_t i = 0; i < kSlots; ++i) {
    if (slots_[i].exchange != &exchange) continue;
    SlotState ready = SlotState::kReady;
    if (slots_[i].begun ||
        !region_.slot(i).state.compare_exchange_strong(ready, SlotState::kFree)) {
      note_begun(i, now);
      return TakeBack::kBegun;
    }
    (void)empty(i);
    return TakeBack::kTaken;
  }
  return TakeBack::kNotHere;
}

}  // namespace tusk::exec::process
