// PHP's interface in the version that is built with, 8.2 to 8.5: what the others lack has the name
// and the meaning that it has in 8.4, so that no other file asks for the version. (What differs in
// the layout of private structures is in the files that read them.)
//
// Included by php/zend.h only, behind PHP's headers. Thread: as PHP's.
#pragma once

#include "observe/scoreboard/opcache_use.h"

#if PHP_VERSION_ID < 80200 || PHP_VERSION_ID >= 80600
#error "tusk is built with PHP 8.2, 8.3, 8.4 or 8.5 (PHP_CONFIG names the php-config of another)"
#endif

// The size that libphp itself says (cmake/Dependencies.cmake).
#ifdef TUSK_PHP_BASIC_GLOBALS_BYTES
static_assert(sizeof(php_basic_globals) == TUSK_PHP_BASIC_GLOBALS_BYTES,
              "libphp was compiled with other options than its headers are read with");
#endif

#if PHP_VERSION_ID < 80300
inline zend_result zend_execute_script(int type, zval* result, zend_file_handle* file) {
  return static_cast<zend_result>(zend_execute_scripts(type, result, 1, file));
}
#endif

#if PHP_VERSION_ID < 80300
constexpr int ZEND_MEMOIZE_NONE = 0;  // an enumerator of zend_compile.c there
#endif

#if PHP_VERSION_ID < 80400

// No function is called without a frame.
#define ZEND_OP_IS_FRAMELESS_ICALL(opcode) (static_cast<void>(opcode), false)
inline zend_function** const zend_flf_functions = nullptr;

#endif

namespace tusk::php::compatibility {

#ifdef ZTS
// PHP's globals exist once for each thread.
inline constexpr bool kIsThreadSafe = true;
#else
// PHP's globals exist once, and one thread at a time runs PHP.
inline constexpr bool kIsThreadSafe = false;
#endif

// A line of a table of functions, for one that has another's code.
#if PHP_VERSION_ID < 80400
#define TUSK_FUNCTION_ALIAS(name, function, arguments) \
  {name, function, arguments,                          \
   static_cast<uint32_t>(sizeof(arguments) / sizeof(struct _zend_internal_arg_info) - 1), 0},
#else
#define TUSK_FUNCTION_ALIAS(name, function, arguments) \
  ZEND_RAW_FENTRY(name, function, arguments, 0, nullptr, nullptr)
#endif

// For ZEND_HASH_FOREACH, which takes no constant table before 8.4.
inline HashTable* to_visit(const HashTable* table) noexcept {
  return const_cast<HashTable*>(table);
}

// Functions of C have a comment since 8.4.
inline void drop_comment([[maybe_unused]] zend_internal_function& function) noexcept {
#if PHP_VERSION_ID >= 80400
  function.doc_comment = nullptr;
#endif
}

// A PHP that reports a lack of memory after the operation that met it calls no function from then
// on, until the request's shutdown (Debian's 8.2, zend_handle_delayed_oom()).
inline bool is_out_of_memory() noexcept {
#ifdef ZEND_HAS_OOM
  return ZEND_HAS_OOM();
#else
  return false;
#endif
}

inline void end_out_of_memory() noexcept {
#ifdef ZEND_HAS_OOM
  EG(delayed_oom).state = ZEND_OOM_STATE_NONE;
#endif
}

// The innermost frame that observers know. Before 8.3 it is no part of the interpreter's state.
inline zend_execute_data*& observed_frame() noexcept {
#if PHP_VERSION_ID < 80300
  static thread_local zend_execute_data* none = nullptr;
  return none;
#else
  return EG(current_observed_frame);
#endif
}

// http_get_last_response_headers() has them since 8.4.
inline void forget_last_http_headers() {
#if PHP_VERSION_ID >= 80400
  if (Z_TYPE(BG(last_http_headers)) == IS_UNDEF) return;
  zval_ptr_dtor(&BG(last_http_headers));
  ZVAL_UNDEF(&BG(last_http_headers));
#endif
}

// The part of a character that escapeshellarg() has seen; libc keeps it in a PHP without threads.
inline void forget_multibyte_state() noexcept {
#ifdef ZTS
  BG(mblen_state) = {};
#else
  (void)mblen(nullptr, 0);
#endif
}

// A process that was forked from another has its own secret in PHP's allocator (8.5 and later). For
// the thread whose heap was inherited.
inline void renew_heap_secret() noexcept {
#if PHP_VERSION_ID >= 80500
  refresh_memory_manager();
#endif
}

// Has PHP call it when a request begins, so that it sets the request's directives: since 8.5 before
// a form is read, whose reading is one of them.
inline void set_directives_hook(sapi_module_struct& module, int (*hook)()) noexcept {
#if PHP_VERSION_ID >= 80500
  module.pre_request_init = hook;
#else
  module.activate = hook;
#endif
}

// The reason with which OPcache calls the hook below: of zend_accel_restart_reason, which is in a
// header that PHP does not install.
inline observe::OpcacheRestartReason restart_reason(int reason) noexcept {
  if (reason == 0) return observe::OpcacheRestartReason::kMemory;
  return reason == 1 ? observe::OpcacheRestartReason::kKeys : observe::OpcacheRestartReason::kReset;
}

// Has OPcache call it when it wants to restart, with the reason. False: this version tells nobody.
inline bool set_restart_hook(void (*hook)(int reason)) noexcept {
#if PHP_VERSION_ID >= 80400
  zend_accel_schedule_restart_hook = hook;
  return true;
#else
  return hook == nullptr;
#endif
}

}  // namespace tusk::php::compatibility
