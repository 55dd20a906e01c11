// Region: the memory in which the server and one worker process meet.
//
// It is a memfd that only these two map, so that a worker can at most spoil its own requests. Its
// size is sealed: a worker that shrank it would kill the server with SIGBUS. It holds no pointers.
//
//   RegionControl   words that both sides read and write
//   for each slot   the request (exec/process/job_encoding.h), then the response, a ring of records
//                   (exec/process/response_records.h)
//   ProbeArea       questions where the script is, and their answers
//   CrashRecord     what the worker leaves if it crashes
//
// A worker has several slots, so that it finds its next request when it ends one, and neither side
// wakes the other under load: as many as it runs quick requests while a busy loop makes a round.
//
// Owner: the server's RemoteWorker; in the worker process its main. Threads: one of each process.
// The server trusts no word that a worker may write: it compares and limits, and never uses one as
// an index or a length unchecked.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/clock.h"
#include "base/process/crash_record.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "exec/process/probe/probe_area.h"
#include "observe/scoreboard/shard_histogram.h"

namespace tusk::exec::process {

inline constexpr std::size_t kSlots = 16;

// Says which side may touch a slot's request and response. No byte of a state is that of another
// one, so that a script which overwrites a part of one makes no other state of it.
enum class SlotState : std::uint32_t {
  kFree = 0,              // the server
  kReady = 0x51a3c76d,    // a request waits in it; the server may take it back to kFree, the worker
                          // to kRunning
  kRunning = 0x8e4d29b2,  // the worker; the server reads the response meanwhile
  kDone = 0x2763f19c,     // the server: the response is complete
};

// Each line of the cache that the other processor has written costs as much as a tenth of a short
// script's start, so a request uses two: what the server writes once, and what passes back and
// forth.
struct SlotControl {
  // Changes by compare-and-swap only. A kReady slot may have been taken back and filled again since
  // the worker looked: it reads the server's words after it has swapped.
  alignas(64) std::atomic<SlotState> state;

  // --- written by the worker ---
  std::atomic<std::uint32_t> waits;             // not 0: it sleeps on `progress`
  std::atomic<std::uint64_t> written;           // how many bytes were put into the ring, ever
  std::atomic<std::int64_t> started_ns;         // of the monotonic clock, when it took the request
  std::atomic<std::int64_t> ended_ns;           // when it had ended the request
  std::atomic<std::uint32_t> waits_for_client;  // not 0: because its client has to take something

  // --- written by the server ---
  alignas(64) std::atomic<std::uint32_t> request_bytes;  // the encoded request's length
  std::atomic<std::uint32_t> loop;          // the number of the loop that waits for the response
  std::atomic<std::uint64_t> order;         // a worker runs its requests in this order
  std::atomic<std::uint64_t> read;          // how much of the ring's bytes was taken out, ever
  std::atomic<std::uint64_t> taken;         // how much of the body's pieces the client has taken
  std::atomic<std::uint64_t> unsent_limit;  // Exchange::limit_unsent()
  std::atomic<std::uint32_t> cancelled;     // not 0: nobody waits for the rest of the response
  // Futex, not private: changes after each of the four words above.
  std::atomic<std::uint32_t> progress;
};

// What the server asks of a worker. Bits of RegionControl::orders.
enum class Order : std::uint32_t {
  kEnd = 1,         // end when no request is left
  kRestart = 2,     // a resident script boots anew; cleared by the worker
  kReopenLogs = 4,  // open the log files again; cleared by the worker
};

// What a worker wishes of the server. Bits of RegionControl::wishes.
enum class Wish : std::uint32_t {
  kSuccessor = 1,  // it has grown, and goes on until another worker serves in its place
  kNewHost = 2,    // OPcache is to be emptied, which only a new host can do safely
  kEnd = 4,        // it ends by itself, without a request
  kMemory = 8,     // beside kNewHost: because OPcache's memory is full
  kKeys = 16,      // beside kNewHost: because OPcache has too many keys
};

struct RegionControl {
  // --- written by the server ---
  // Futex, not private: changes when a slot becomes kReady, and with `orders`.
  alignas(64) std::atomic<std::uint32_t> wake;
  std::atomic<std::uint32_t> orders;
  // How much all responses of the server hold that their clients have not taken yet, as
  // UnsentUsage counts it: beyond the limits a worker puts its own on the disk, or waits.
  std::atomic<std::uint64_t> stored_memory_bytes;
  std::atomic<std::uint64_t> stored_disk_bytes;
  // 1 + observe::Level, seen before the next request. 0: as at the fork.
  std::atomic<std::uint32_t> log_level;

  // --- written by the worker ---
  alignas(64) std::atomic<std::uint32_t> sleeping;  // not 0: it sleeps on `wake`
  // The server reads these in each round, so they are apart from what changes with each request.
  alignas(64) std::atomic<std::uint32_t> serves;  // not 0: PHP, and its resident script, are ready
  std::atomic<std::uint32_t> has_served;          // not 0: it has served; never cleared
  std::atomic<std::uint32_t> wishes;              // never cleared
  // How many lines of the log it could not write since it began.
  std::atomic<std::uint64_t> lost_log_lines;
  // When the time of the script that runs is over, in ns of the monotonic clock. From then on the
  // server sends time_signal(), about ten times a second; not while `waits_for_client`. 0: never.
  alignas(64) std::atomic<std::int64_t> deadline_ns;
  // When the script has not reacted for so long that the worker is lost: the server kills it and
  // answers 504. The server has a limit of its own beside it: the worker may have written anything.
  // 0: never.
  std::atomic<std::int64_t> lost_ns;
  // How full PHP's cache of paths was after the last request.
  std::atomic<std::uint64_t> path_cache_bytes;
  std::atomic<std::uint64_t> path_cache_entries;
  std::atomic<std::uint64_t> path_cache_max_bytes;
  // The CPU time of its requests (exec/process/figures/worker_cpu.h).
  observe::ShardHistogram cpu_times;

  std::array<SlotControl, kSlots> slots;
};

static_assert(sizeof(SlotControl) == 128 && sizeof(RegionControl) <= 4096);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(std::atomic<SlotState>::is_always_lock_free);

// Sizes of a region's parts. Pages that are never touched cost nothing.
struct RegionLayout {
  std::uint32_t request_bytes = 256 * 1024;   // of each slot: the largest encoded request
  std::uint32_t response_bytes = 256 * 1024;  // of each slot: the ring; a power of two

  bool is_valid() const {
    return request_bytes % 64 == 0 && response_bytes >= 64 && std::has_single_bit(response_bytes);
  }
  std::size_t control_bytes() const { return (sizeof(RegionControl) + 4095) & ~std::size_t{4095}; }
  std::size_t slot_bytes() const { return std::size_t{request_bytes} + response_bytes; }
  // Whole pages: the server maps it by itself, too.
  std::size_t probe_offset() const {
    return (control_bytes() + kSlots * slot_bytes() + 4095) & ~std::size_t{4095};
  }
  std::size_t crash_offset() const {
    return (probe_offset() + sizeof(ProbeArea) + 4095) & ~std::size_t{4095};
  }
  std::size_t total_bytes() const { return crash_offset() + sizeof(base::process::CrashRecord); }
};

// A mapping of the memfd.
class Region {
 public:
  Region() = default;
  Region(Region&& other) noexcept;
  Region& operator=(Region&& other) noexcept;
  ~Region();

  // The server makes a region. Its words are zero: every slot is kFree.
  static base::Result<Region> create(const RegionLayout& layout);
  // The worker maps the region of that descriptor, which it may close afterwards. Fails for another
  // size than the layout's, which would end the worker with SIGBUS.
  static base::Result<Region> attach(int fd, const RegionLayout& layout);

  // What the host passes to the worker. The server's side only.
  int fd() const { return fd_.get(); }
  const RegionLayout& layout() const { return layout_; }
  RegionControl& control() const { return *reinterpret_cast<RegionControl*>(memory_); }
  SlotControl& slot(std::size_t slot) const { return control().slots[slot]; }
  ProbeArea& probe_area() const {
    return *reinterpret_cast<ProbeArea*>(memory_ + layout_.probe_offset());
  }
  base::process::CrashRecord& crash_record() const {
    return *reinterpret_cast<base::process::CrashRecord*>(memory_ + layout_.crash_offset());
  }
  std::span<char> request(std::size_t slot) const;
  std::span<char> response(std::size_t slot) const;

 private:
  Region(base::UniqueFd fd, char* memory, const RegionLayout& layout)
      : fd_(std::move(fd)), memory_(memory), layout_(layout) {}

  base::UniqueFd fd_;
  char* memory_ = nullptr;
  RegionLayout layout_;
};

// The signal by which the server tells a worker that its script's time is over.
int time_signal();

// Futexes between processes. A side that sleeps reads the word first, then looks whether there is
// something to do, then sets `sleeping` or `waits`, and waits with the value that it read. The
// other side makes its change, then adds 1 to the word, then wakes if `sleeping` or `waits` is set.
// All are sequentially consistent, so that neither misses the other.
//
// The wait ends when the word differs from `seen`, by a wake-up, after
// `most`, or for no reason.
void wait_on(std::atomic<std::uint32_t>& word, std::uint32_t seen, base::Duration most);
void wait_on(std::atomic<std::uint32_t>& word, std::uint32_t seen);
void wake_on(std::atomic<std::uint32_t>& word);

}  // namespace tusk::exec::process
