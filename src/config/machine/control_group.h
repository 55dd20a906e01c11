// ControlGroup: what a control group (a container, systemd's CPUQuota= and MemoryMax=) grants.
//
// Thread: any. It reads files of /sys, at start.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tusk::config::machine {

struct GroupLimits {
  std::uint64_t cores = 0;         // rounded up; 0: no limit
  std::uint64_t memory_bytes = 0;  // 0: no limit
};

// The tightest limits from the group `directory` ("/system.slice/tusk.service") up to the root.
// `tree` is where the version 2 hierarchy is mounted.
GroupLimits group_limits(const std::string& tree, std::string directory);

// This process's group, "/" if unknown, from the text of /proc/self/cgroup.
std::string group_directory(std::string_view cgroup_text);

// The cores that a cpu.max ("200000 100000", "max 100000") grants; 0: no limit.
std::uint64_t cores_of_cpu_max(std::string_view cpu_max);

// The bytes of a memory.max or memory.high ("536870912", "max"); 0: no limit.
std::uint64_t bytes_of_memory_max(std::string_view memory_max);

}  // namespace tusk::config::machine
