// PHP's way out of a fatal error, zend_bailout(), is a longjmp to the nearest zend_try. This one
// takes the place of libphp's (Zend/zend.c): it first gives back what the frames in between have
// taken from other threads, and notes for the request's end what it has left.

#include <csetjmp>
#include <cstdlib>

#include "observe/log.h"
#include "php/held_locks.h"
#include "php/library/library_frames.h"
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

}  // namespace

extern "C" {

// NOLINTNEXTLINE(bugprone-reserved-identifier): PHP's name is what is replaced
ZEND_API ZEND_COLD ZEND_NORETURN void _zend_bailout(const char* file, uint32_t line) {
  if (EG(bailout) == nullptr) {
    tusk::observe::error("PHP wants to bail out where nothing catches it",
                         {{"file", file}, {"line", line}});
    std::abort();
  }
  tusk::php::HeldLocks::release(EG(bailout));
  note_bailout();
  gc_protect(true);
  CG(unclean_shutdown) = true;
  CG(active_class_entry) = nullptr;
  CG(in_compilation) = false;
  CG(memoize_mode) = ZEND_MEMOIZE_NONE;
  EG(current_execute_data) = nullptr;
  LONGJMP(*EG(bailout), FAILURE);
}

}  // extern "C"
