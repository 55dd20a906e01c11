// The values of labels that say something of workers and their pools (metrics_list.h).
//
// Thread: any (constants only).
#pragma once

#include <cstdint>
#include <string_view>

namespace tusk::observe {

// Why a request for a script was answered with 503.
enum class Rejection : std::uint8_t { kFull, kForecast, kTimeout, kLostWorkers, kPoolDown };
inline constexpr std::string_view kRejections[] = {"full", "forecast", "timeout", "lost_workers",
                                                   "pool_down"};

// Why a PHP thread was restarted although it was well.
enum class WorkerRecycling : std::uint8_t { kRequests, kMemory };
inline constexpr std::string_view kWorkerRecyclings[] = {"requests", "memory"};

// The states of a PHP worker (scoreboard/worker_state.h), in its order.
inline constexpr std::string_view kWorkerStateNames[] = {"starting", "idle",    "busy",
                                                         "lost",     "stopped", "booting"};

// How a pool has changed its number of workers.
enum class PoolResizing : std::uint8_t { kGrown, kShrunk };
inline constexpr std::string_view kPoolResizings[] = {"grown", "shrunk"};

}  // namespace tusk::observe
