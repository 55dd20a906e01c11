#include "php/crash/containment.h"

#include <cerrno>

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/process/sanitizer_build.h"
#include "observe/crash/module_map.h"
#include "php/crash/held_mutexes.h"
#include "php/crash/red_zone.h"
#include "php/zend.h"

namespace tusk::php::crash {

namespace {

using observe::crash::CodeOwner;
using observe::crash::interrupted_at;
using observe::crash::ModuleMap;

// The guard of a worker's stack (exec/worker.cc), and the most that a function may jump over.
constexpr std::size_t kGuardBytes = std::size_t{1} << 20;
// How much of a parked thread's stack is kept above the frame that made its executor. Below that
// address no other thread knows of anything.
constexpr std::size_t kKeptBytes = 64 * 1024;

// Different from the signal of time_limits.cc.
int stop_signal() { return SIGRTMIN + 2; }

std::uintptr_t page_bytes() noexcept {
  return static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
}

// The private structure of zend_fibers.c begins like this (struct _zend_fiber_stack).
struct FiberStack {
  void* pointer;
  std::size_t size;
};

// The stack of the running fiber. Empty on the thread's own stack.
AddressRange fiber_stack() noexcept {
  const zend_fiber_context* const context = EG(current_fiber_context);
  if (context == nullptr || context->stack == nullptr) return {};
  const auto* const stack = reinterpret_cast<const FiberStack*>(context->stack);
  const auto begin = reinterpret_cast<std::uintptr_t>(stack->pointer);
  return {begin, begin + stack->size};
}

void give_back(std::uintptr_t begin, std::uintptr_t end) noexcept {
  const std::uintptr_t page = page_bytes();
  begin = (begin + page - 1) / page * page;
  end = end / page * page;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address that was computed
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace

Containment::Containment()
    : thread_(::pthread_self()),
      used_(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0))) {
  if (TUSK_SANITIZER_BUILD) return;
  pthread_attr_t attributes;
  if (::pthread_getattr_np(thread_, &attributes) == 0) {
    void* begin = nullptr;
    std::size_t size = 0;
    if (::pthread_attr_getstack(&attributes, &begin, &size) == 0) {
      stack_.begin = reinterpret_cast<std::uintptr_t>(begin);
      stack_.end = stack_.begin + size;
    }
    ::pthread_attr_destroy(&attributes);
  }
  ModuleMap::refresh();
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, stop_signal());
  ::pthread_sigmask(SIG_UNBLOCK, &mask, nullptr);
  current_ = this;
}

Containment::~Containment() { current_ = nullptr; }

void Containment::begin_request(const exec::Job& job) noexcept {
  held_before_ = held_mutexes();
  job_.store(&job, std::memory_order_relaxed);
}

bool Containment::is_overflow(std::uintptr_t address, std::uintptr_t stack) const noexcept {
  const AddressRange fiber = fiber_stack();
  const bool in_fiber = fiber.end != 0;
  const std::uintptr_t low = in_fiber ? fiber.begin : stack_.begin;
  // PHP guards a fiber's stack with one page (ZEND_FIBER_GUARD_PAGES).
  const std::uintptr_t guard = in_fiber ? page_bytes() : kGuardBytes;
  const AddressRange near{low - kGuardBytes, low + kGuardBytes};
  return AddressRange{low - guard, low}.holds(address) && near.holds(stack);
}

bool Containment::holds_no_mutex() const noexcept { return held_mutexes() == held_before_; }

bool Containment::may_park(const observe::crash::Interrupted& at) const noexcept {
  return compatibility::kIsThreadSafe && enabled_ && job() != nullptr && holds_no_mutex() &&
         ModuleMap::owner_of(at.code) != CodeOwner::kRuntime;
}

bool Containment::may_park_later() const noexcept {
  return compatibility::kIsThreadSafe && enabled_ && job() != nullptr && holds_no_mutex() &&
         !red_zone_is_open_ && fiber_stack().end == 0;
}

bool Containment::park_later() noexcept {
  red_zone_is_open_ = open_red_zone(stack_.begin, []() noexcept { current()->park(); });
  return red_zone_is_open_;
}

void Containment::park() noexcept {
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  const AddressRange fiber = fiber_stack();
  if (!fiber.holds(here)) give_back(fiber.begin, fiber.end);
  // The frame of this function may be on the thread's own stack, for example after abort().
  const std::uintptr_t kept = used_ - kKeptBytes;
  give_back(stack_.begin,
            stack_.holds(here) && here - kKeptBytes < kept ? here - kKeptBytes : kept);
  state_.store(State::kParked, std::memory_order_release);
  for (;;) ::pause();
}

void Containment::stop() noexcept {
  stop_wanted_.store(true, std::memory_order_relaxed);
  ::pthread_kill(thread_, stop_signal());
}

void Containment::install() {
  if (TUSK_SANITIZER_BUILD) return;
  struct sigaction action{};
  action.sa_sigaction = on_stop_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigfillset(&action.sa_mask);
  ::sigaction(stop_signal(), &action, nullptr);
}

void Containment::on_stop_signal(int /*number*/, siginfo_t* /*info*/, void* context) noexcept {
  Containment* const self = current();
  if (self == nullptr || !self->stop_wanted()) return;
  if (self->may_park(interrupted_at(context))) self->park();
}

}  // namespace tusk::php::crash
