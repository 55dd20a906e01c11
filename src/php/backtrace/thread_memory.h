// The memory of this process, as FrameWalk reads it.
//
// Owner and thread: the function that has one on its stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "exec/observation/frame_walk.h"
#include "php/backtrace/process_memory.h"

namespace tusk::php::backtrace {

// The thread that reads is the one that runs the script, so everything is as PHP needs it itself.
// Only the function of the innermost frame is read with care: an extension may have freed it before
// it returns, as FFI and closures do (they set the frame's pointer to null).
class OwnMemory final : public exec::observation::FrameMemory {
 public:
  bool read(std::uint64_t address, void* into, std::size_t size) noexcept override {
    const auto* const from = reinterpret_cast<const void*>(address);
    if (innermost_) {
      const auto outcome = ProcessMemory::read_directly(from, into, size);
      if (outcome != ProcessMemory::Outcome::kForbidden) {
        return outcome == ProcessMemory::Outcome::kRead;
      }
    }
    if (from == nullptr) return false;
    std::memcpy(into, from, size);
    return true;
  }
  bool is_own() const noexcept override { return true; }
  void leave_innermost() noexcept override { innermost_ = false; }

 private:
  bool innermost_ = true;
};

// The memory may change or end while it is read.
class ForeignMemory final : public exec::observation::FrameMemory {
 public:
  bool read(std::uint64_t address, void* into, std::size_t size) noexcept override {
    return ProcessMemory::read(reinterpret_cast<const void*>(address), into, size);
  }
};

}  // namespace tusk::php::backtrace
