// StackSwitch: leaves the caller's stack and registers for a stack of its own, and comes back to
// them as often as one likes.
//
// Owner: the Snapshot, in kept memory. Thread: the only one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <ucontext.h>

namespace tusk::php::rewind {

// What restores a stack must not stand on it: neither mark() nor rewind() does its work on the
// stack of its caller. Both enter the same function on this stack, which ends by returning to where
// the mark was entered from.
//
// glibc's ucontext does the rest, because it does exactly what is needed, on x86-64 and aarch64
// alike, with shadow stacks too: it saves the callee-saved registers, the modes of the floating
// point units and the signal mask. __builtin_longjmp saves neither of the last two, and cannot
// enter another stack; the one system call that each switch makes for the signal mask is needed
// anyway. swapcontext() returns a second time with all registers and the whole stack as they were,
// so the compiler need not know that it does.
class StackSwitch {
 public:
  using Work = void (*)();

  // All signals are blocked while `work` runs. It does not return, but calls back().
  void prepare(std::span<std::byte> stack, Work work) noexcept;

  // Saves this place, and runs `work`. Returns at each back().
  void save_and_enter() noexcept;
  // Runs `work` without saving anything.
  [[noreturn]] void enter() noexcept;
  // From `work`: to the saved place.
  [[noreturn]] void back() noexcept;

  // The lowest address of the saved stack that is in use.
  std::uintptr_t saved_stack() const noexcept;

 private:
  ucontext_t saved_;
  ucontext_t work_;
};

}  // namespace tusk::php::rewind
