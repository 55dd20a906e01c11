// ProcessStats: what the kernel reports about this process, for /metrics.
//
// Thread: any. Reads /proc/self; takes some 50 µs, so only for a scrape.
#pragma once

#include <cstdint>

namespace tusk::observe {

// A value that could not be read is 0.
struct ProcessStats {
  double cpu_seconds = 0;         // user and system, all threads
  double start_time_seconds = 0;  // since 1970
  std::uint64_t resident_memory_bytes = 0;
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0;
};

ProcessStats read_process_stats() noexcept;

}  // namespace tusk::observe
