// Machine: the facts about this machine.
//
// Thread: any; detect_machine() reads /proc and /sys once, at start.
#pragma once

#include <cstdint>

#include "config/settings.h"

namespace tusk::config::machine {

// The facts from which automatic values are computed.
struct Machine {
  std::uint64_t cpu_cores = 1;      // usable by this process; never 0
  std::uint64_t open_files = 1024;  // RLIMIT_NOFILE, the hard limit
  std::uint64_t memory_bytes = 0;   // what all workers together may use; 0: unknown
  bool has_embedded_php = true;     // the server program has PHP in it, which can run on threads
};

// Counts the cores of the affinity mask, or fewer where a control group (a container, systemd's
// CPUQuota=) grants less time; memory likewise. The limit of open files is the hard limit: app/
// raises the soft limit to it before it serves.
Machine detect_machine();

// One for each core, fewer where memory is short.
std::uint64_t automatic_workers(const Machine& machine);
std::uint64_t automatic_queue_capacity(std::uint64_t workers);
std::uint64_t automatic_max_connections(const Machine& machine);
std::uint64_t automatic_file_descriptors(const Machine& machine);
std::uint64_t automatic_connections_per_client(std::uint64_t max_connections);
std::uint64_t automatic_lost_workers_per_client(std::uint64_t max_lost_workers);
std::uint64_t automatic_io_threads(const Machine& machine);

}  // namespace tusk::config::machine
