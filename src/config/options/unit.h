// Units for the ranges in the tables of options.
//
// Thread: any; constants.
#pragma once

#include <cstdint>

namespace tusk::config::options {

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;
inline constexpr std::uint64_t kTiB = 1024 * kGiB;
inline constexpr std::uint64_t kDayMs = 24 * 3600 * 1000;

}  // namespace tusk::config::options
