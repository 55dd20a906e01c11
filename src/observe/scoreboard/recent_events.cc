#include "observe/scoreboard/recent_events.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>

namespace tusk::observe::inline scoreboard {

namespace {

// Writing takes less than a microsecond.
constexpr int kMostCopies = 16;

}  // namespace

RecentEvents::Words RecentEvents::words_of(const Event& event, std::int64_t time_ms) noexcept {
  static_assert(std::accumulate(kMostBytes.begin(), kMostBytes.end(), std::size_t{0}) ==
                kTextBytes);
  Words words{};
  words[kTime] = static_cast<std::uint64_t>(time_ms);
  words[kKindAndPid] = std::uint64_t{static_cast<std::uint8_t>(event.kind)} << 32U |
                       static_cast<std::uint32_t>(event.pid);
  words[kStatus] = static_cast<std::uint32_t>(event.status);
  words[kDuration] = static_cast<std::uint64_t>(event.duration_ns);
  words[kTimes] = event.times;
  const std::array<std::string_view, kTexts> texts = {
      event.request_id, event.method, event.host, event.path, event.script, event.message};
  std::array<std::uint16_t, 8> lengths{};
  std::size_t end = 0;
  char* const text = reinterpret_cast<char*>(&words[kText]);
  for (std::size_t i = 0; i < kTexts; ++i) {
    lengths[i] = static_cast<std::uint16_t>(std::min<std::size_t>(texts[i].size(), kMostBytes[i]));
    if (lengths[i] != 0) std::memcpy(text + end, texts[i].data(), lengths[i]);
    end += lengths[i];
  }
  static_assert(sizeof lengths == 2 * sizeof words[kLengths]);
  std::memcpy(&words[kLengths], lengths.data(), sizeof lengths);
  return words;
}

void RecentEvents::add(const Event& event, std::int64_t time_ms) noexcept {
  Words words = words_of(event, time_ms);
  Ring& ring = rings_[static_cast<std::size_t>(group_of(event.kind))];
  const std::uint64_t ticket = ring.next.fetch_add(1, std::memory_order_relaxed);
  words[kNumber] = last_.fetch_add(1, std::memory_order_acq_rel) + 1;
  Record& record = ring.records[ticket % kKeptOfGroup];
  std::uint64_t sequence = 2 * ticket + 1;
  record.sequence.store(sequence, std::memory_order_relaxed);
  for (std::size_t word = 0; word < kWords; ++word) {
    // A reader that sees this value sees the odd number too, as in WorkerSlot.
    record.words[word].store(words[word], std::memory_order_release);
  }
  // Fails if another writer has taken the record over: it stays odd until that one is done.
  record.sequence.compare_exchange_strong(sequence, sequence + 1, std::memory_order_release,
                                          std::memory_order_relaxed);
}

// False: the record is being written, or its writer was killed.
bool RecentEvents::Record::copy(Words& copied) const noexcept {
  for (int i = 0; i < kMostCopies; ++i) {
    const std::uint64_t before = sequence.load(std::memory_order_acquire);
    for (std::size_t word = 0; word < kWords; ++word) {
      copied[word] = words[word].load(std::memory_order_acquire);
    }
    if (before % 2 == 0 && sequence.load(std::memory_order_relaxed) == before) return before != 0;
  }
  return false;
}

// False: no process of ours has written that.
bool RecentEvents::view_of(const Words& words, EventView& view) {
  const std::uint64_t kind = words[kKindAndPid] >> 32U;
  if (kind >= std::size(kEventKinds)) return false;
  view.kind = static_cast<EventKind>(kind);
  view.pid = static_cast<std::int32_t>(static_cast<std::uint32_t>(words[kKindAndPid]));
  view.number = words[kNumber];
  view.time_ms = static_cast<std::int64_t>(words[kTime]);
  view.status = static_cast<int>(static_cast<std::uint32_t>(words[kStatus]));
  view.duration_ns = static_cast<std::int64_t>(words[kDuration]);
  view.times = words[kTimes];
  std::array<std::uint16_t, 8> lengths{};
  std::memcpy(lengths.data(), &words[kLengths], sizeof lengths);
  const char* const text = reinterpret_cast<const char*>(&words[kText]);
  std::string* const to[kTexts] = {&view.request_id, &view.method, &view.host,
                                   &view.path,       &view.script, &view.message};
  std::size_t at = 0;
  for (std::size_t i = 0; i < kTexts; ++i) {
    const std::size_t length = std::min<std::size_t>(lengths[i], kMostBytes[i]);
    to[i]->assign(text + at, length);
    at += length;
  }
  return true;
}

std::vector<EventView> RecentEvents::read(std::uint64_t after) const {
  std::vector<EventView> events;
  for (const Ring& ring : rings_) {
    // Reading what was never written would take memory.
    const std::uint64_t used =
        std::min<std::uint64_t>(ring.next.load(std::memory_order_acquire), kKeptOfGroup);
    for (const Record& record : std::span(ring.records).first(used)) {
      if (record.words[kNumber].load(std::memory_order_relaxed) <= after) continue;
      Words words;
      EventView view;
      if (record.copy(words) && view_of(words, view)) events.push_back(std::move(view));
    }
  }
  std::ranges::stable_sort(events, {}, &EventView::number);
  return events;
}

}  // namespace tusk::observe::inline scoreboard
