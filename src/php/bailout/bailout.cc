// zend_bailout(), which PHP calls at a fatal error, is a longjmp to the nearest zend_try. This
// definition replaces libphp's (Zend/zend.c): it first releases the locks that the abandoned
// frames hold, and records for the end of the request what they have left open.

#include <csetjmp>
#include <cstdlib>

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
  LONGJMP(*EG(bailout), FAILURE);
}

}  // extern "C"
