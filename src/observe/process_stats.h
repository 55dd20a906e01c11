// ProcessStats: what the kernel reports about server processes, for /metrics.
//
// Thread: any. Reads /proc; takes some 50 µs for each server process, and some milliseconds for its
// worker processes, so only for a scrape.
#pragma once

#include <cstdint>

#include <sys/types.h>

#include "base/clock.h"

namespace tusk::observe {

// A value that could not be read is 0.
struct ProcessStats {
  double cpu_seconds = 0;         // user and system, all threads
  double start_time_seconds = 0;  // since 1970
  std::uint64_t resident_memory_bytes = 0;
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0;
};

// The part of it that can be read of another process.
struct ProcessUse {
  double cpu_seconds = 0;
  std::uint64_t resident_memory_bytes = 0;
  std::uint64_t open_fds = 0;
};
// The memory is that of the server process `pid`, of its PHP hosts and of their workers, which are
// known by their names. What these share counts in part for each; if the kernel does not tell it,
// what they share is left out.
ProcessUse read_process_use(pid_t pid) noexcept;

// User and system, all threads, without children. Zero: there is no such process. One that has
// ended has it until its parent has waited for it.
base::Duration cpu_time_of(pid_t pid) noexcept;

double own_start_time() noexcept;           // seconds since 1970
std::uint64_t descriptor_limit() noexcept;  // of this process

}  // namespace tusk::observe
