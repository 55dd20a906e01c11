// WorkerStack: gives back the memory of a worker's stack after a request that went deep.
//
// A stack is address space, and what was touched once stays resident. Destroying a chain of a
// million objects touches 100 MB of it, which a worker would keep for ever. Whether a request went
// deep is seen by a window of bytes at some depth that nothing but a deep call writes to: looking
// at it costs a few cache lines and no system call. Frames too large to be sure to hit the window
// are found by asking the kernel, once in a while.
//
// Owner and thread: a Worker.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tusk::exec {

class WorkerStack {
 public:
  // How deep a request may go without being noticed.
  static constexpr std::size_t kKeptBytes = std::size_t{1} << 20;

  // On the thread itself, not deeper than where give_back() will be called.
  void locate() noexcept;

  // Between requests.
  void give_back() noexcept {
    if (window_ == nullptr) return;
    if (++requests_ % kCheckInterval == 0 || window_was_written()) [[unlikely]] {
      give_back_slowly();
    }
  }

  // Of the whole stack; 0 before locate().
  std::uintptr_t low() const noexcept { return low_; }
  std::uintptr_t high() const noexcept { return high_; }

 private:
  static constexpr std::uint32_t kCheckInterval = 256;
  static constexpr std::size_t kWindowBytes = 1024;

  bool window_was_written() const noexcept;
  void give_back_slowly() noexcept;

  std::uintptr_t low_ = 0;
  std::uintptr_t high_ = 0;
  const volatile std::uint64_t* window_ = nullptr;  // null: the stack is too small to be worth it
  std::uint32_t requests_ = 0;
};

}  // namespace tusk::exec
