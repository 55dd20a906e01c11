// oom_kills: how many processes of tusk's cgroup the kernel has killed because memory was short.
//
// A SIGKILL does not say who sent it. If this number rises while a server process runs and ends by
// SIGKILL, it was the kernel's OOM killer.
//
// Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tusk::supervisor::crash {

// Nothing: the kernel does not tell.
std::optional<std::uint64_t> oom_kills();

// The number after "oom_kill" in memory.events (cgroup v2) or memory.oom_control (v1).
std::optional<std::uint64_t> parse_oom_kills(std::string_view text);

}  // namespace tusk::supervisor::crash
