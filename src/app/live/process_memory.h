// The memory of this process, as the kernel counts it.
//
// Thread: any. Reads /proc.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace tusk::app::live {

// The proportional memory lies between the two. They cost some microseconds.
struct ResidentMemory {
  std::uint64_t own_bytes = 0;  // not of files: no other process has it
  std::uint64_t all_bytes = 0;  // with what other processes share
};
ResidentMemory resident_memory();

struct ProportionalMemory {
  std::uint64_t bytes = 0;
  base::Duration took{};  // CPU time: the kernel looks at each page
};

// Memory in which a page that several processes share counts for each of them in part (PSS). Where
// the kernel does not tell it, ResidentMemory::own_bytes.
ProportionalMemory proportional_memory();

}  // namespace tusk::app::live
