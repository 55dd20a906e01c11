#include "php/crash/red_zone.h"

#include <sys/mman.h>
#include <unwind.h>

#include "observe/crash/module_map.h"

#if defined(__x86_64__)

namespace {

// The one of the last red zone on this thread.
constinit thread_local tusk::php::crash::StopThread stop_thread = nullptr;

// The place to which the first function outside of libc is returned to.
struct Search {
  bool past_handler = false;
  std::uintptr_t* slot = nullptr;
};

_Unwind_Reason_Code look_at_frame(_Unwind_Context* context, void* argument) {
  using tusk::observe::crash::CodeOwner;
  auto& search = *static_cast<Search*>(argument);
  const auto code = static_cast<std::uintptr_t>(_Unwind_GetIP(context));
  const CodeOwner owner = tusk::observe::crash::ModuleMap::owner_of(code);
  if (!search.past_handler) {
    // The handler is part of the program; the kernel's frame that follows it returns into libc.
    search.past_handler = owner == CodeOwner::kRuntime;
    return _URC_NO_REASON;
  }
  if (owner == CodeOwner::kRuntime) return _URC_NO_REASON;
  // In the callback for a frame, libgcc has the canonical frame address of its callee: the return
  // address is just below it.
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address that was computed
  auto* const slot = reinterpret_cast<std::uintptr_t*>(_Unwind_GetCFA(context)) - 1;
  if (*slot == code) search.slot = slot;
  return _URC_NORMAL_STOP;
}

}  // namespace

// Entered by a return, with the stack pointer as after a call. The callee needs it aligned.
extern "C" void tusk_stop_after_return() noexcept;
asm(R"(
.text
.globl tusk_stop_after_return
.hidden tusk_stop_after_return
.type tusk_stop_after_return, @function
tusk_stop_after_return:
  .cfi_startproc
  .cfi_undefined rip
  andq $-16, %rsp
  call tusk_stop_thread
  hlt
  .cfi_endproc
.size tusk_stop_after_return, .-tusk_stop_after_return
)");

extern "C" [[gnu::used, gnu::visibility("hidden")]] void tusk_stop_thread() noexcept {
  stop_thread();
}

namespace tusk::php::crash {

bool open_red_zone(std::uintptr_t low, StopThread stop) noexcept {
  Search search;
  _Unwind_Backtrace(look_at_frame, &search);
  if (search.slot == nullptr) return false;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address that was computed
  if (::mprotect(reinterpret_cast<void*>(low - kRedZoneBytes), kRedZoneBytes,
                 PROT_READ | PROT_WRITE) != 0) {
    return false;
  }
  stop_thread = stop;
  *search.slot = reinterpret_cast<std::uintptr_t>(&tusk_stop_after_return);
  return true;
}

}  // namespace tusk::php::crash

#else

namespace tusk::php::crash {

bool open_red_zone(std::uintptr_t /*low*/, StopThread /*stop*/) noexcept { return false; }

}  // namespace tusk::php::crash

#endif
