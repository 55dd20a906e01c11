// WorkerSlot: what one worker does now, written by the worker and read by any thread of any
// process.
//
// A request's start and end cost a few dozen plain stores: no lock, no system call. A reader copies
// the slot and compares its sequence number before and after the copy. If the worker has written
// meanwhile, the reader copies again (a sequence lock; the words are atomics, so that the copy is
// no data race).
//
// Owner: a place of the Scoreboard. Thread: assign() and clear() the pool's; begin(),
// begin_boot(), end() and note_fatal_error() the worker, or who knows of a worker process;
// set_state() the worker and the watchdog; set_pid() that of a worker process's pool; read() and
// state() any.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "observe/scoreboard/pool_facts.h"
#include "observe/scoreboard/worker_state.h"

namespace tusk::observe::inline scoreboard {

// A request as the scoreboard shows it. Texts that are too long lose their end.
struct ShownRequest {
  std::int64_t started_ns = 0;  // of the monotonic clock
  std::string_view id;
  std::string_view method;
  std::string_view host;
  std::string_view path;  // without the query, which may hold secrets
  std::string_view client;
  std::string_view script;
};

// A copy of a slot. Its texts and numbers are not trusted: another process may have written them.
struct WorkerView {
  int worker = 0;
  int pid = 0;  // of a worker process; 0: the worker is a thread, or has no process now
  std::string pool;
  WorkerState state = WorkerState::kStopped;
  std::uint64_t requests = 0;           // of clients, that it has begun
  std::uint64_t last_memory_bytes = 0;  // the peak of the last request that has ended
  // The request that it runs, or the last one. While the worker boots, and until it has a request,
  // these are those of its boot: since when it boots, and the script.
  std::int64_t started_ns = 0;
  std::string request_id;
  std::string method;
  std::string host;
  std::string path;
  std::string client;
  std::string script;
  std::string last_fatal_error;
};

class WorkerSlot {
 public:
  // The slot shows the worker of that number from now on, and nothing of the one before.
  void assign(int worker, std::string_view pool = "default") noexcept;
  // No worker has the slot.
  void clear() noexcept;

  void set_state(WorkerState state) noexcept {
    state_.store(std::uint32_t{1} + static_cast<std::uint32_t>(state), std::memory_order_relaxed);
  }
  void set_pid(int pid) noexcept { pid_.store(pid, std::memory_order_relaxed); }
  void begin(const ShownRequest& request) noexcept;
  // The request that it shows has begun later, or has not been begun by this worker.
  void set_started(std::int64_t started_ns) noexcept;
  void take_back() noexcept;
  // The worker's resident script begins to boot, which is no client's request and not counted.
  void begin_boot(std::int64_t started_ns, std::string_view script) noexcept;
  void end(std::uint64_t memory_bytes) noexcept;
  void note_fatal_error(std::string_view message) noexcept;

  enum class Read : std::uint8_t {
    kUnused,  // no worker has the slot
    kWhole,
    kPartial,  // the worker was writing, or was killed while it wrote: texts may be mixed
  };
  // A worker writes for less than a microsecond. A slot that is still being written after so many
  // copies belongs to a worker that was interrupted or killed.
  static constexpr int kMostCopies = 16;
  Read read(WorkerView& view, int most_copies = kMostCopies) const;

  // Without the texts. False: no worker has the slot.
  bool read_state(WorkerState& state) const noexcept;

 private:
  static constexpr std::size_t kTexts = 6;
  static constexpr std::array<std::uint16_t, kTexts> kMostBytes = {64, 16, 104, 320, 48, 280};
  static constexpr std::size_t kTextBytes = 832;
  static constexpr std::size_t kErrorBytes = 248;

  // Everything is a word of 64 bits.
  enum Word : std::size_t {
    kBusy,
    kRequests,
    kMemory,
    kStarted,
    kLengths,  // of the texts, 16 bits each
    kText = kLengths + 2,
    kErrorLength = kText + kTextBytes / 8,
    kError,
    kWords = kError + kErrorBytes / 8,
  };
  using Words = std::array<std::uint64_t, kWords>;

  void show(const ShownRequest& request, bool counts) noexcept;
  template <class Write>
  void change(Write write) noexcept;
  void put(std::size_t word, std::uint64_t value) noexcept {
    // A reader that sees this value sees the odd number too. (Fences would order all words at once,
    // but the thread sanitizer does not support them.)
    words_[word].store(value, std::memory_order_release);
  }
  void put_bytes(std::size_t word, const char* bytes, std::size_t count) noexcept;
  bool copy(Words& words, int most_copies) const noexcept;

  alignas(64) std::atomic<std::uint32_t> sequence_{0};  // odd while the words are written
  std::atomic<std::uint32_t> state_{0};                 // WorkerState + 1; 0: unused
  std::atomic<std::int32_t> worker_{0};
  std::atomic<std::int32_t> pid_{0};
  SharedName pool_;
  std::array<std::atomic<std::uint64_t>, kWords> words_{};
};

}  // namespace tusk::observe::inline scoreboard
