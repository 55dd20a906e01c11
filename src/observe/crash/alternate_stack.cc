#include "observe/crash/alternate_stack.h"

#include <cstddef>

#include <signal.h>
#include <sys/mman.h>

#include "base/process/sanitizer_build.h"

namespace tusk::observe::crash {

namespace {

// Enough for the handlers and libgcc's unwinder.
constexpr std::size_t kBytes = 256 * 1024;

}  // namespace

AlternateStack::AlternateStack() noexcept {
  if (TUSK_SANITIZER_BUILD) return;
  void* const memory = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) return;
  stack_t alternate{};
  alternate.ss_sp = memory;
  alternate.ss_size = kBytes;
  if (::sigaltstack(&alternate, nullptr) == 0) {
    memory_ = memory;
  } else {
    ::munmap(memory, kBytes);
  }
}

AlternateStack::~AlternateStack() {
  if (memory_ == nullptr) return;
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  ::sigaltstack(&none, nullptr);
  ::munmap(memory_, kBytes);
}

}  // namespace tusk::observe::crash
