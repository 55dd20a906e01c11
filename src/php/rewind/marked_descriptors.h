// MarkedDescriptors: the descriptors that were open at the mark, and the closing of all others.
//
// Owner: the Snapshot, in kept memory. Thread: the only one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tusk::php::rewind {

class MarkedDescriptors {
 public:
  // Null, or the reason why it is impossible. The buffer is for what the kernel lists.
  const char* take(std::span<char> buffer) noexcept;

  // Before a descriptor is closed, or another takes its number.
  void closing(int fd) noexcept {
    if (is_marked(fd)) lost_ = true;
  }
  // Whether one of the mark has been closed. What it was cannot be had again.
  bool lost() const noexcept { return lost_; }

  // Closes all that were not open at the mark. Closing may wait (SO_LINGER).
  void close_others() const noexcept;

 private:
  struct Gap {
    int first;
    int last;
  };
  static constexpr std::size_t kMost = 65536;

  bool is_marked(int fd) const noexcept {
    const auto number = static_cast<std::size_t>(fd);
    return number < kMost && (open_[number / 64] >> (number % 64) & 1U) != 0;
  }
  bool find_gaps() noexcept;

  std::array<std::uint64_t, kMost / 64> open_{};
  int highest_ = -1;
  std::array<Gap, 256> gaps_{};
  std::size_t gap_count_ = 0;
  bool lost_ = false;
};

}  // namespace tusk::php::rewind
