// WorkerFacts: what the kernel says of all worker processes of the examined server together.
//
// Thread: any; reads /proc.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include <sys/types.h>

namespace tusk::console::doctor {

struct WorkerFacts {
  std::set<pid_t> processes{};
  std::uint64_t private_bytes = 0;  // of memory that belongs to no file
  std::size_t descriptors = 0;
  std::set<std::string> files{};  // that they have open: paths
};

// The processes that the PHP hosts of the server process have forked.
WorkerFacts workers_of(pid_t server);

}  // namespace tusk::console::doctor
