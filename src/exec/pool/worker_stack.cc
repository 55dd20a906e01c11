#include "exec/pool/worker_stack.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

namespace tusk::exec::pool {

namespace {

constexpr std::size_t kCheckedPages = 16;

// The kernel extends the stack of a process's first thread down to the limit that it had when its
// program began, and puts nothing else there. Without a limit it may, but not as near as this.
constexpr std::size_t kMostOfFirst = std::size_t{1} << 30;

bool is_first_thread() noexcept { return ::gettid() == ::getpid(); }

// Reading the window maps its page, so the kernel is asked about the pages below it.
bool is_resident_below(std::uintptr_t window, std::size_t page) noexcept {
  unsigned char resident[kCheckedPages] = {};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address that was computed
  auto* const begin = reinterpret_cast<void*>(window - kCheckedPages * page);
  if (::mincore(begin, kCheckedPages * page, resident) != 0) return false;
  for (const unsigned char one : resident) {
    if ((one & 1) != 0) return true;
  }
  return false;
}

}  // namespace

void WorkerStack::locate() noexcept {
  pthread_attr_t attributes;
  if (::pthread_getattr_np(::pthread_self(), &attributes) != 0) return;
  void* begin = nullptr;
  std::size_t size = 0;
  const int error = ::pthread_attr_getstack(&attributes, &begin, &size);
  ::pthread_attr_destroy(&attributes);
  if (error != 0) return;
  low_ = reinterpret_cast<std::uintptr_t>(begin);
  high_ = low_ + size;
  if (is_first_thread() && size > kMostOfFirst) low_ = high_ - kMostOfFirst;
  const std::uintptr_t here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  if (here - low_ < 2 * kKeptBytes) return;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address that was computed
  window_ = reinterpret_cast<const volatile std::uint64_t*>((here - kKeptBytes) / page * page);
}

// Reads below the stack pointer, which sanitizers would report.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
__attribute__((no_sanitize("address")))
#endif
#elif defined(__SANITIZE_ADDRESS__)
__attribute__((no_sanitize_address))
#endif
bool WorkerStack::window_was_written() const noexcept {
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < kWindowBytes / sizeof(std::uint64_t); ++i) any |= window_[i];
  return any != 0;
}

void WorkerStack::give_back_slowly() noexcept {
  const auto window = reinterpret_cast<std::uintptr_t>(window_);
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  if (!window_was_written() && !is_resident_below(window, page)) return;
  // The window's page is the highest that is freed; the low end is where the guard ends. What was
  // never touched of a first thread's stack is not mapped, and passed over.
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address that was computed
  ::madvise(reinterpret_cast<void*>(low_), window + page - low_, MADV_DONTNEED);
}

}  // namespace tusk::exec::pool
