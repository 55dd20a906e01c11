// Range: a piece of the address space, and pages as the rewind counts them.
//
// Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tusk::php::rewind {

// Where the kernel's pages are larger (some builds for aarch64) Template::take() refuses.
inline constexpr std::size_t kPageBytes = 4096;

// From `begin` up to `end`, which does not belong to it.
struct Range {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;

  std::size_t bytes() const noexcept { return end - begin; }
  std::size_t pages() const noexcept { return bytes() / kPageBytes; }
  bool empty() const noexcept { return begin >= end; }
  bool contains(std::uintptr_t address) const noexcept { return address >= begin && address < end; }
  bool contains(Range other) const noexcept { return other.begin >= begin && other.end <= end; }
  bool overlaps(Range other) const noexcept { return begin < other.end && other.begin < end; }
  bool operator==(const Range&) const noexcept = default;

  static Range of(const void* begin, std::size_t bytes) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(begin);
    return {address, address + bytes};
  }
};

constexpr std::uintptr_t page_below(std::uintptr_t address) noexcept {
  return address & ~(kPageBytes - 1);
}
constexpr std::uintptr_t page_above(std::uintptr_t address) noexcept {
  return page_below(address + kPageBytes - 1);
}

}  // namespace tusk::php::rewind
