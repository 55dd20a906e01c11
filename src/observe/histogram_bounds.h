// Bounds of the histograms' buckets.
//
// Thread: any (constants only).
#pragma once

#include <array>
#include <cstdint>

namespace tusk::observe {

enum class HistogramUnit : std::uint8_t { kSeconds, kBytes };

// Upper bounds of the histograms' buckets, in nanoseconds: 10 µs to 60 s. A plain PHP request takes
// some 20 µs, so the lowest bounds are far below the customary millisecond.
inline constexpr std::array<std::uint64_t, 22> kBucketBounds_ns = {
    10'000,         25'000,         50'000,         100'000,        250'000,       500'000,
    1'000'000,      2'500'000,      5'000'000,      10'000'000,     25'000'000,    50'000'000,
    100'000'000,    250'000'000,    500'000'000,    1'000'000'000,  2'500'000'000, 5'000'000'000,
    10'000'000'000, 30'000'000'000, 60'000'000'000, 300'000'000'000};

// The same for memory, in bytes. PHP takes memory from the system in pieces of 2 MiB.
inline constexpr std::array<std::uint64_t, 14> kMemoryBounds_bytes = {
    2 << 20,  4 << 20,  6 << 20,   8 << 20,   12 << 20,  16 << 20,   24 << 20,
    32 << 20, 64 << 20, 128 << 20, 256 << 20, 512 << 20, 1024 << 20, std::uint64_t{2048} << 20};

}  // namespace tusk::observe
