// zend_bailout(), which PHP calls at a fatal error, is a longjmp to the nearest zend_try. This
// definition replaces libphp's (Zend/zend.c): it first releases the locks that the abandoned
// frames hold, and records for the end of the request what they have left open.

#include <csetjmp>
#include <cstddef>
#include <cstdlib>

#include <sanitizer/asan_interface.h>

#include "observe/log.h"
#include "php/bailout/held_locks.h"
#include "php/library/library_frames.h"
#include "php/opcache/shared_lock.h"
#include "php/script_thread.h"
#include "php/zend.h"

namespace {

void note_bailout() noexcept {
  using namespace tusk::php;
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) return;
  thread->bailout.happened = true;
  if (thread->bailout.library == nullptr)
    thread->bailout.library = library::library_above(EG(bailout));
}

// The address sanitizer marks what lies between the variables of a frame, and takes the marks away
// when the frame is left. For a longjmp it does so only on the stack that a thread has begun on,
// not on that of a fiber, where frames that come later would meet the marks. Not inlined: its frame
// is below that of its caller, which is left, too.
[[gnu::noinline]] void unmark_abandoned_frames([[maybe_unused]] const void* target) noexcept {
  constexpr std::ptrdiff_t kMost = std::ptrdiff_t{64} << 20;
  const char* const here = static_cast<const char*>(__builtin_frame_address(0));
  const std::ptrdiff_t bytes = static_cast<const char*>(target) - here;
  if (bytes > 0 && bytes < kMost) ASAN_UNPOISON_MEMORY_REGION(here, bytes);
}

}  // namespace

extern "C" {

// NOLINTNEXTLINE(bugprone-reserved-identifier): PHP's name is what is replaced
ZEND_API ZEND_COLD ZEND_NORETURN void _zend_bailout(const char* file, uint32_t line) {
  if (EG(bailout) == nullptr) {
    tusk::observe::error("PHP bails out without a zend_try to return to",
                         {{"file", file}, {"line", line}});
    std::abort();
  }
  if (tusk::php::bailout::HeldLocks::release(EG(bailout)))
    tusk::php::opcache::SharedLock::release_abandoned();
  note_bailout();
  gc_protect(true);
  CG(unclean_shutdown) = true;
  CG(active_class_entry) = nullptr;
  CG(in_compilation) = false;
  CG(memoize_mode) = ZEND_MEMOIZE_NONE;
  EG(current_execute_data) = nullptr;
  unmark_abandoned_frames(EG(bailout));
  LONGJMP(*EG(bailout), FAILURE);
}

}  // extern "C"
