#include "php/rewind/stack_switch.h"

#include <csignal>
#include <cstdlib>

namespace tusk::php::rewind {

namespace {

// Below the stack pointer, where functions that call no others have their locals (System V ABI).
constexpr std::uintptr_t kRedZone = 128;

}  // namespace

void StackSwitch::prepare(std::span<std::byte> stack, Work work) noexcept {
  ::getcontext(&work_);
  work_.uc_stack.ss_sp = stack.data();
  work_.uc_stack.ss_size = stack.size();
  work_.uc_link = nullptr;
  ::sigfillset(&work_.uc_sigmask);
  ::makecontext(&work_, work, 0);
}

void StackSwitch::save_and_enter() noexcept { ::swapcontext(&saved_, &work_); }

void StackSwitch::enter() noexcept {
  ::setcontext(&work_);
  std::abort();  // it returns only if the context is invalid
}

void StackSwitch::back() noexcept {
  ::setcontext(&saved_);
  std::abort();
}

std::uintptr_t StackSwitch::saved_stack() const noexcept {
#if defined(__x86_64__)
  return static_cast<std::uintptr_t>(saved_.uc_mcontext.gregs[REG_RSP]) - kRedZone;
#else
  return saved_.uc_mcontext.sp - kRedZone;
#endif
}

}  // namespace tusk::php::rewind
