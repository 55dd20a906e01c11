#include "php/compatibility/thread_globals.h"

ZEND_TSRMLS_CACHE_DEFINE()

namespace tusk::php::compatibility {

bool start_thread_globals(int threads) noexcept {
  if (!php_tsrm_startup_ex(threads)) return false;
  ZEND_TSRMLS_CACHE_UPDATE();
  return true;
}

void end_thread_globals() noexcept { tsrm_shutdown(); }

// zend_post_startup() has freed the tables of this thread. OPcache would still use them when it
// ends (preload_shutdown()), so they are set to null.
void leave_start_thread() noexcept {
  EG(function_table) = nullptr;
  EG(class_table) = nullptr;
}

bool has_place() noexcept { return true; }

void take_globals() noexcept {
  ts_resource(0);
  ZEND_TSRMLS_CACHE_UPDATE();
#ifdef ZEND_SIGNALS
  SIGG(reset) = false;  // as in thread_globals_nts.cc
#endif
}

void find_globals() noexcept {
  if (TSRMLS_CACHE == nullptr) ZEND_TSRMLS_CACHE_UPDATE();
}

void free_globals() noexcept {
  ts_free_thread();
  TSRMLS_CACHE = nullptr;
}

bool has_globals() noexcept { return tsrm_get_ls_cache() != nullptr; }

zend_executor_globals& executor_globals_here() noexcept {
  return *TSRMG_FAST_BULK_STATIC(executor_globals_offset, zend_executor_globals*);
}

void* globals_of(const zend_module_entry& module) noexcept {
  return module.globals_id_ptr != nullptr ? ts_resource(*module.globals_id_ptr) : nullptr;
}

}  // namespace tusk::php::compatibility
