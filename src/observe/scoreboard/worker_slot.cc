#include "observe/scoreboard/worker_slot.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <numeric>

namespace tusk::observe::inline scoreboard {

template <class Write>
void WorkerSlot::change(Write write) noexcept {
  const std::uint32_t sequence = sequence_.load(std::memory_order_relaxed);
  sequence_.store(sequence + 1, std::memory_order_relaxed);
  write();
  sequence_.store(sequence + 2, std::memory_order_release);
}

void WorkerSlot::put_bytes(std::size_t word, const char* bytes, std::size_t count) noexcept {
  for (std::size_t at = 0; at < count; at += sizeof(std::uint64_t), ++word) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes + at, std::min(sizeof value, count - at));
    put(word, value);
  }
}

void WorkerSlot::begin(const ShownRequest& request) noexcept { show(request, true); }

void WorkerSlot::begin_boot(std::int64_t started_ns, std::string_view script) noexcept {
  show({.started_ns = started_ns,
        .id = {},
        .method = {},
        .host = {},
        .path = {},
        .client = {},
        .script = script},
       false);
  set_state(WorkerState::kBooting);
}

void WorkerSlot::show(const ShownRequest& request, bool counts) noexcept {
  static_assert(std::accumulate(kMostBytes.begin(), kMostBytes.end(), std::size_t{0}) ==
                kTextBytes);
  const std::array<std::string_view, kTexts> texts = {request.id,   request.method, request.host,
                                                      request.path, request.client, request.script};
  std::array<char, kTextBytes> text;
  std::array<std::uint16_t, 8> lengths{};
  std::size_t end = 0;
  for (std::size_t i = 0; i < kTexts; ++i) {
    lengths[i] = static_cast<std::uint16_t>(std::min<std::size_t>(texts[i].size(), kMostBytes[i]));
    if (lengths[i] != 0) std::memcpy(text.data() + end, texts[i].data(), lengths[i]);
    end += lengths[i];
  }
  std::array<std::uint64_t, 2> length_words{};
  static_assert(sizeof length_words == sizeof lengths);
  std::memcpy(length_words.data(), lengths.data(), sizeof length_words);
  change([&] {
    put(kBusy, counts ? 1 : 0);
    put(kRequests, words_[kRequests].load(std::memory_order_relaxed) + (counts ? 1 : 0));
    put(kStarted, static_cast<std::uint64_t>(request.started_ns));
    put(kLengths, length_words[0]);
    put(kLengths + 1, length_words[1]);
    put_bytes(kText, text.data(), end);
  });
}

void WorkerSlot::set_started(std::int64_t started_ns) noexcept {
  change([&] { put(kStarted, static_cast<std::uint64_t>(started_ns)); });
}

void WorkerSlot::take_back() noexcept {
  change([&] {
    put(kBusy, 0);
    put(kRequests, words_[kRequests].load(std::memory_order_relaxed) - 1);
  });
}

void WorkerSlot::end(std::uint64_t memory_bytes) noexcept {
  change([&] {
    put(kBusy, 0);
    put(kMemory, memory_bytes);
  });
}

void WorkerSlot::note_fatal_error(std::string_view message) noexcept {
  const std::size_t length = std::min(message.size(), kErrorBytes);
  change([&] {
    put(kErrorLength, length);
    put_bytes(kError, message.data(), length);
  });
}

void WorkerSlot::assign(int worker, std::string_view pool) noexcept {
  clear();
  pool_.store(pool);
  worker_.store(worker, std::memory_order_relaxed);
  set_state(WorkerState::kStarting);
}

void WorkerSlot::clear() noexcept {
  state_.store(0, std::memory_order_relaxed);
  set_pid(0);
  // A process that was killed in the middle of a change has left an odd number.
  sequence_.store(sequence_.load(std::memory_order_relaxed) & ~std::uint32_t{1},
                  std::memory_order_relaxed);
  change([&] {
    for (std::size_t word = 0; word < kText; ++word) put(word, 0);
    put(kErrorLength, 0);
  });
}

bool WorkerSlot::read_state(WorkerState& state) const noexcept {
  const std::uint32_t value = state_.load(std::memory_order_relaxed);
  if (value == 0 || value > std::size(kWorkerStates)) return false;
  state = static_cast<WorkerState>(value - 1);
  if (state == WorkerState::kIdle && words_[kBusy].load(std::memory_order_relaxed) != 0) {
    state = WorkerState::kBusy;
  }
  return true;
}

// False: each time that it was copied, the worker was writing.
bool WorkerSlot::copy(Words& words, int most_copies) const noexcept {
  for (int i = 0; i < most_copies; ++i) {
    const std::uint32_t before = sequence_.load(std::memory_order_acquire);
    for (std::size_t word = 0; word < kWords; ++word) {
      words[word] = words_[word].load(std::memory_order_acquire);
    }
    if (before % 2 == 0 && sequence_.load(std::memory_order_relaxed) == before) return true;
  }
  return false;
}

WorkerSlot::Read WorkerSlot::read(WorkerView& view, int most_copies) const {
  if (!read_state(view.state)) return Read::kUnused;
  Words words;
  const bool whole = copy(words, most_copies);
  view.worker = worker_.load(std::memory_order_relaxed);
  view.pid = pid_.load(std::memory_order_relaxed);
  view.pool = pool_.load();
  view.requests = words[kRequests];
  view.last_memory_bytes = words[kMemory];
  view.started_ns = static_cast<std::int64_t>(words[kStarted]);
  std::array<std::uint16_t, 8> lengths{};
  std::memcpy(lengths.data(), &words[kLengths], sizeof lengths);
  const char* const text = reinterpret_cast<const char*>(&words[kText]);
  std::size_t at = 0;
  std::string* const to[kTexts] = {&view.request_id, &view.method, &view.host,
                                   &view.path,       &view.client, &view.script};
  for (std::size_t i = 0; i < kTexts; ++i) {
    const std::size_t length = std::min<std::size_t>(lengths[i], kMostBytes[i]);
    to[i]->assign(text + at, length);
    at += length;
  }
  view.last_fatal_error.assign(reinterpret_cast<const char*>(&words[kError]),
                               std::min<std::size_t>(words[kErrorLength], kErrorBytes));
  return whole ? Read::kWhole : Read::kPartial;
}

}  // namespace tusk::observe::inline scoreboard
