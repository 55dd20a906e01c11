#include "supervisor/process_table.h"

#include <algorithm>
#include <utility>

namespace tusk::supervisor {

ProcessTable::ProcessTable(std::optional<observe::Scoreboard> board, CpuTime cpu_time_of)
    : board_(std::move(board)), cpu_time_of_(std::move(cpu_time_of)) {
  if (board_) event_notes_.emplace(board_->events());
  if (!board_ || board_->totals().started_ms.load(std::memory_order_relaxed) != 0) return;
  board_->totals().started_ms.store(static_cast<std::uint64_t>(observe::own_start_time() * 1e3),
                                    std::memory_order_relaxed);
}

std::optional<std::size_t> ProcessTable::free_place() const {
  if (!board_) return std::nullopt;
  for (std::size_t place = 0; place < board_->size().places; ++place) {
    if (is_free(place)) return place;
  }
  return std::nullopt;
}

bool ProcessTable::is_free(std::size_t place) const {
  return std::ranges::none_of(entries_, [&](const Entry& entry) { return entry.place == place; });
}

void ProcessTable::add(pid_t pid, std::uint64_t generation, std::optional<std::size_t> place) {
  const bool has_place = board_ && place;
  adopt({.pid = pid,
         .generation = generation,
         .started = base::now(),
         .requests_before = has_place ? observe::counts_of(*board_, *place).requests : 0,
         .counts = {}},
        place);
}

void ProcessTable::adopt(const ProcessStatus& process, std::optional<std::size_t> place) {
  if (place && (!board_ || *place >= board_->size().places)) place.reset();
  entries_.push_back({process, place});
  write(entries_.back());
}

void ProcessTable::free_other_places() {
  if (!board_) return;
  for (std::size_t place = 0; place < board_->size().places; ++place) {
    if (is_free(place)) board_->clear(place);
  }
}

void ProcessTable::set_phase(pid_t pid, observe::ProcessPhase phase) {
  Entry* const entry = find(pid);
  if (entry == nullptr) return;
  entry->process.phase = phase;
  write(*entry);
}

void ProcessTable::write(const Entry& entry) {
  if (!entry.place) return;
  observe::ProcessFacts& facts = board_->facts(*entry.place);
  facts.generation.store(entry.process.generation, std::memory_order_relaxed);
  facts.started_ns.store(entry.process.started.time_since_epoch().count(),
                         std::memory_order_relaxed);
  facts.phase.store(entry.process.phase, std::memory_order_relaxed);
  facts.pid.store(entry.process.pid, std::memory_order_relaxed);
}

std::optional<observe::ProcessView> ProcessTable::view(pid_t pid) const {
  const Entry* const entry = find(pid);
  if (entry == nullptr || !entry->place) return std::nullopt;
  return observe::view_of(*board_, *entry->place);
}

void ProcessTable::remove(pid_t pid, observe::ProcessExit how) {
  Entry* const entry = find(pid);
  if (entry == nullptr) return;
  if (board_) {
    observe::Scoreboard::Totals& totals = board_->totals();
    // Odd: whoever sums over all processes meanwhile, sums again.
    const std::uint32_t changes = totals.changes.load(std::memory_order_relaxed) | 1U;
    totals.changes.store(changes, std::memory_order_seq_cst);
    if (entry->place) {
      board_->clear(*entry->place);
      const std::uint64_t ended = totals.ended_cpu_ns.load(std::memory_order_relaxed);
      totals.ended_cpu_ns.store(ended + static_cast<std::uint64_t>(cpu_time_of_(pid).count()),
                                std::memory_order_relaxed);
    }
    totals.counters.process_exit(how);
    totals.changes.store(changes + 1, std::memory_order_release);
  }
  entries_.erase(entries_.begin() + (entry - entries_.data()));
}

void ProcessTable::set_generation(std::uint64_t number) {
  if (board_) board_->totals().generation.store(number, std::memory_order_relaxed);
}

void ProcessTable::count_reload(observe::ReloadResult result) {
  if (board_) board_->totals().counters.reload(result);
}

void ProcessTable::count_recycling(observe::ProcessRecycling reason) {
  if (board_) board_->totals().counters.process_recycled(reason);
}

std::array<std::uint64_t, std::size(observe::kProcessRecyclings)> ProcessTable::recyclings() const {
  std::array<std::uint64_t, std::size(observe::kProcessRecyclings)> counts{};
  if (!board_) return counts;
  constexpr std::size_t kFirst = observe::slot_of(observe::Metric::kRecycledProcesses);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    counts[i] = board_->totals().counters.slot(kFirst + i);
  }
  return counts;
}

std::vector<ProcessStatus> ProcessTable::statuses() const {
  std::vector<ProcessStatus> all;
  for (const Entry& entry : entries_) {
    ProcessStatus& status = all.emplace_back(entry.process);
    if (!entry.place) continue;
    status.counts = observe::counts_of(*board_, *entry.place);
    // A broken process may have written less than there was before.
    status.counts->requests -= std::min(status.counts->requests, status.requests_before);
  }
  return all;
}

std::optional<std::size_t> ProcessTable::place_of(pid_t pid) const {
  const Entry* const entry = find(pid);
  return entry != nullptr ? entry->place : std::nullopt;
}

ProcessStatus ProcessTable::status_of(pid_t pid) const {
  const Entry* const entry = find(pid);
  return entry != nullptr ? entry->process : ProcessStatus{};
}

const ProcessTable::Entry* ProcessTable::find(pid_t pid) const {
  const auto found =
      std::ranges::find_if(entries_, [&](const Entry& entry) { return entry.process.pid == pid; });
  return found != entries_.end() ? &*found : nullptr;
}

ProcessTable::Entry* ProcessTable::find(pid_t pid) {
  return const_cast<Entry*>(std::as_const(*this).find(pid));
}

}  // namespace tusk::supervisor
