#include "php/library/font_cache.h"

#include <atomic>

#include "php/extension.h"
#include "php/zend.h"

namespace tusk::php::library {

namespace {

// The number of calls that may read the cache; kEmptying while it is being emptied.
constexpr int kEmptying = -1;
constinit std::atomic<int> calls = 0;

// State of this thread's request.
constinit thread_local bool inside = false;  // stays set if PHP left the call by longjmp
constinit thread_local bool used = false;

zend_result (*empty_cache)(INIT_FUNC_ARGS) = nullptr;

void enter() noexcept {
  int now = calls.load(std::memory_order_relaxed);
  do {
    // Emptying is short, and waits for nothing.
    while (now == kEmptying) now = calls.load(std::memory_order_relaxed);
  } while (!calls.compare_exchange_weak(now, now + 1, std::memory_order_acquire));
  inside = used = true;
}

void leave() noexcept {
  inside = false;
  calls.fetch_sub(1, std::memory_order_release);
}

// One instance per function, because a handler cannot tell for which function it was called.
template <int kFunction>
struct WatchedFunction {
  static inline zif_handler original = nullptr;

  // gd's warning may call the script's handler, and that may draw too.
  static void call(INTERNAL_FUNCTION_PARAMETERS) {
    const bool outermost = !inside;
    if (outermost) enter();
    original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
    if (outermost) leave();
  }

  static void watch(const char* name, std::size_t length) noexcept {
    auto* const function = static_cast<zend_internal_function*>(
        zend_hash_str_find_ptr(CG(function_table), name, length));
    if (function == nullptr) return;
    original = function->handler;
    function->handler = call;
  }
};

// Replaces PHP_RSHUTDOWN(gd). If other threads are inside, one of them empties the cache at the end
// of its request, or a later request does.
zend_result end_request(int type, int module_number) noexcept {
  if (!used) return SUCCESS;
  used = false;
  if (inside) leave();
  int nobody = 0;
  if (!calls.compare_exchange_strong(nobody, kEmptying, std::memory_order_acquire)) return SUCCESS;
  const zend_result result = empty_cache(type, module_number);
  calls.store(0, std::memory_order_release);
  return result;
}

}  // namespace

void watch_font_cache() noexcept {
  zend_module_entry* const module = find_extension("gd");
  if (module == nullptr || module->request_shutdown_func == nullptr) return;
  empty_cache = module->request_shutdown_func;
  module->request_shutdown_func = end_request;
  WatchedFunction<0>::watch(ZEND_STRL("imageftbbox"));
  WatchedFunction<1>::watch(ZEND_STRL("imagefttext"));
  WatchedFunction<2>::watch(ZEND_STRL("imagettfbbox"));
  WatchedFunction<3>::watch(ZEND_STRL("imagettftext"));
}

}  // namespace tusk::php::library
