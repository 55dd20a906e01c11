#include "observe/crash/native_frames.h"

#include <algorithm>

#include <execinfo.h>
#include <ucontext.h>

#include "observe/crash/safe_memory.h"

namespace tusk::observe::crash {

namespace {

// Frames of the handler, which a report leaves out.
constexpr std::size_t kOwnFrames = 16;
constexpr std::size_t kMostFrames = 128;

struct Frame {
  std::uintptr_t caller;  // its frame pointer
  std::uintptr_t code;    // where it continues
};

}  // namespace

Registers registers_of(const void* context) noexcept {
  const mcontext_t& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return {static_cast<std::uintptr_t>(machine.gregs[REG_RIP]),
          static_cast<std::uintptr_t>(machine.gregs[REG_RBP])};
#elif defined(__aarch64__)
  return {static_cast<std::uintptr_t>(machine.pc), static_cast<std::uintptr_t>(machine.regs[29])};
#else
#error "where does this processor keep its program counter?"
#endif
}

std::size_t walk_frame_pointers(const Registers& from, std::span<std::uintptr_t> frames) noexcept {
  if (frames.empty()) return 0;
  frames[0] = from.code;
  std::size_t count = 1;
  std::uintptr_t at = from.frame;
  while (count < frames.size() && at != 0 && at % sizeof(void*) == 0) {
    Frame frame{};
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address from a register
    if (!read_object(reinterpret_cast<const Frame*>(at), frame) || frame.code == 0) break;
    frames[count++] = frame.code;
    if (frame.caller <= at) break;  // stacks grow downwards
    at = frame.caller;
  }
  return count;
}

std::size_t unwind_frames(std::uintptr_t code, std::span<std::uintptr_t> frames) noexcept {
  void* all[kMostFrames];
  const auto most = static_cast<int>(std::min(frames.size() + kOwnFrames, kMostFrames));
  const int count = ::backtrace(all, most);
  const auto is_code = [&](void* frame) { return reinterpret_cast<std::uintptr_t>(frame) == code; };
  void** const end = all + std::max(count, 0);
  void** const begin = std::find_if(all, end, is_code);
  std::size_t written = 0;
  for (void** frame = begin; frame != end && written < frames.size(); ++frame) {
    frames[written++] = reinterpret_cast<std::uintptr_t>(*frame);
  }
  return written;
}

}  // namespace tusk::observe::crash
