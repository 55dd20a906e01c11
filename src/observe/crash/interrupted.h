// Interrupted: the place at which a signal handler has interrupted its thread.
//
// Async-signal-safe. Thread: any, in its handler.
#pragma once

#include <cstdint>

namespace tusk::observe::crash {

struct Interrupted {
  std::uintptr_t code = 0;   // program counter
  std::uintptr_t stack = 0;  // stack pointer
};

// `context` is the handler's third argument.
Interrupted interrupted_at(const void* context) noexcept;

}  // namespace tusk::observe::crash
