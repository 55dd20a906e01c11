// The native backtrace of a thread that has crashed: addresses of code, the place of the fault
// first.
//
// Async-signal-safe. Thread: the one that crashed, in its handler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tusk::observe::crash {

// The registers that walk_frame_pointers() begins with.
struct Registers {
  std::uintptr_t code = 0;   // program counter
  std::uintptr_t frame = 0;  // frame pointer
};
Registers registers_of(const void* context) noexcept;

// Follows frame pointers. It cannot fault, whatever the stack contains, but it skips or loses
// frames of libraries that were built without them. Returns how many addresses were written.
std::size_t walk_frame_pointers(const Registers& from, std::span<std::uintptr_t> frames) noexcept;

// Unwinds with the tables of each library, from the address `code` on. It is complete, but may
// fault if the stack is damaged. Zero: the address is not among the frames.
std::size_t unwind_frames(std::uintptr_t code, std::span<std::uintptr_t> frames) noexcept;

}  // namespace tusk::observe::crash
