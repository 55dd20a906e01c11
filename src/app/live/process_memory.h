// The memory of this process and of those that belong to it, as the kernel counts it.
//
// Thread: any. Reads /proc.
#pragma once

#include <cstdint>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"

namespace tusk::app::live {

// The proportional memory lies between the two. They cost some microseconds.
struct ResidentMemory {
  std::uint64_t own_bytes = 0;  // not of files: no other process has it
  std::uint64_t all_bytes = 0;  // with what other processes share
};
// `others`: PHP hosts and worker processes. They share much with one another, so nothing of theirs
// is in own_bytes.
using ProcessIds = std::vector<pid_t>;
ResidentMemory resident_memory(const ProcessIds& others = {});

struct ProportionalMemory {
  std::uint64_t bytes = 0;
  base::Duration took{};  // CPU time: the kernel looks at each page
};

// Memory in which a page that several processes share counts for each of them in part (PSS). Where
// the kernel does not tell it, what is not of files; of another process, what is not shared memory.
ProportionalMemory proportional_memory(const ProcessIds& others = {});

}  // namespace tusk::app::live
