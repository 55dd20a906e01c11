// oom_kills: how many processes of tusk's cgroup the kernel has killed because memory was short.
//
// A SIGKILL does not say who sent it. If this number rises while a server process runs and ends by
// SIGKILL, it was the kernel's OOM killer.
//
// Thread: any.
#pragma once

#include <cstdint>
#include <optional>

namespace tusk::supervisor::crash {

// Nothing: the kernel does not tell.
std::optional<std::uint64_t> oom_kills();

}  // namespace tusk::supervisor::crash
