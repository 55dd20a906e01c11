// WorkerStack: frees the memory of a worker's stack after a request that went deep.
//
// Owner and thread: a Worker, or the source of a worker process's requests.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tusk::exec::pool {

// A stack is address space, but pages that were touched once stay resident. Destroying a chain of a
// million objects touches 100 MB, which a worker would otherwise keep for ever. Whether a request
// went deep is seen at a window of bytes at a certain depth, which only a deep call writes to:
// checking it costs a few cache lines and no system call. Frames so large that they may skip the
// window are found by asking the kernel once in a while.
class WorkerStack {
 public:
  // How deep a request may go without being noticed.
  static constexpr std::size_t kKeptBytes = std::size_t{1} << 20;

  // Call it on the thread itself, not deeper than where give_back() will be called.
  void locate() noexcept;

  // Call it between requests.
  void give_back() noexcept {
    if (window_ == nullptr || is_above_window()) return;
    if (++requests_ % kCheckInterval == 0 || window_was_written()) [[unlikely]] {
      give_back_slowly();
    }
  }

  // The bounds of the whole stack; 0 before locate().
  std::uintptr_t low() const noexcept { return low_; }
  std::uintptr_t high() const noexcept { return high_; }

 private:
  static constexpr std::uint32_t kCheckInterval = 256;
  static constexpr std::size_t kWindowBytes = 1024;

  // A resident script may wait for its next request so deep that its own frames would be freed.
  bool is_above_window() const noexcept {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    return here - kWindowBytes < reinterpret_cast<std::uintptr_t>(window_) + kKeptBytes / 4;
  }
  bool window_was_written() const noexcept;
  void give_back_slowly() noexcept;

  std::uintptr_t low_ = 0;
  std::uintptr_t high_ = 0;
  const volatile std::uint64_t* window_ = nullptr;  // null: the stack is too small for this
  std::uint32_t requests_ = 0;
};

}  // namespace tusk::exec::pool
