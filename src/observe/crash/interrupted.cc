#include "observe/crash/interrupted.h"

#include <ucontext.h>

namespace tusk::observe::crash {

Interrupted interrupted_at(const void* context) noexcept {
  const mcontext_t& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return {static_cast<std::uintptr_t>(machine.gregs[REG_RIP]),
          static_cast<std::uintptr_t>(machine.gregs[REG_RSP])};
#elif defined(__aarch64__)
  return {static_cast<std::uintptr_t>(machine.pc), static_cast<std::uintptr_t>(machine.sp)};
#else
#error "where does this processor keep its program counter?"
#endif
}

}  // namespace tusk::observe::crash
