#include "php/library/library_guard.h"

#include <cstdint>

#include "php/compatibility/thread_globals.h"
#include "php/libc/libc_function.h"
#include "php/library/library_functions.h"
#include "php/zend.h"

namespace tusk::php::library {

namespace {

// The part of the interpreter's state that belongs to the C frames; it is restored after a longjmp.
struct InterpreterState {
  zend_execute_data* current_execute_data;
  zend_vm_stack vm_stack;
  zval* vm_stack_top;
  zval* vm_stack_end;
  decltype(zend_executor_globals::fake_scope) fake_scope;
  zend_execute_data* current_observed_frame;
  int error_reporting;
  std::uint32_t jit_trace_num;
};

InterpreterState state_now() noexcept {
  return {EG(current_execute_data), EG(vm_stack),     EG(vm_stack_top),
          EG(vm_stack_end),         EG(fake_scope),   compatibility::observed_frame(),
          EG(error_reporting),      EG(jit_trace_num)};
}

// Stack pages that the abandoned frames have added stay until the request ends, as does everything
// that these frames own.
void restore(const InterpreterState& state) noexcept {
  EG(current_execute_data) = state.current_execute_data;
  EG(vm_stack) = state.vm_stack;
  EG(vm_stack_top) = state.vm_stack_top;
  EG(vm_stack_end) = state.vm_stack_end;
  EG(fake_scope) = state.fake_scope;
  compatibility::observed_frame() = state.current_observed_frame;
  EG(error_reporting) = state.error_reporting;
  EG(jit_trace_num) = state.jit_trace_num;
}

decltype(zend_error_cb) report_error = nullptr;

void report_unless_unwinding(int type, zend_string* file, uint32_t line, zend_string* message) {
  constexpr int kFatal =
      E_ERROR | E_CORE_ERROR | E_COMPILE_ERROR | E_PARSE | E_USER_ERROR | E_RECOVERABLE_ERROR;
  compatibility::find_globals();
  if ((type & kFatal) == 0 && LibraryGuard::unwinding()) return;
  report_error(type, file, line, message);
}

}  // namespace

// An exception that was under way is not freed here, because a caller may still use it. It is freed
// with the other objects when the request ends. The bailout may mean that memory has run out:
// unwinding has some of its own.
void LibraryGuard::throw_unwind_exit() noexcept {
  constexpr std::size_t kGrace = std::size_t{4} << 20;
  if (unwinding()) return;
  const auto limit = static_cast<std::size_t>(PG(memory_limit));
  EG(prev_exception) = nullptr;
  zend_set_memory_limit(limit + kGrace);
  if (EG(exception) != nullptr) {
    EG(exception) = zend_create_unwind_exit();
  } else {
    zend_throw_unwind_exit();
  }
  zend_set_memory_limit(limit);
}

bool LibraryGuard::unwinding() noexcept {
  return EG(exception) != nullptr && zend_is_unwind_exit(EG(exception));
}

void LibraryGuard::install() noexcept {
  report_error = zend_error_cb;
  zend_error_cb = report_unless_unwinding;
}

// Nothing in this frame has a destructor: PHP returns to it by longjmp.
bool LibraryGuard::run(void (*call)(void*), void* argument) noexcept {
  const InterpreterState state = state_now();
  volatile bool done = false;
  zend_try {
    call(argument);
    done = true;
  }
  zend_end_try();
  if (done) return true;
  restore(state);
  EG(exception) = nullptr;
  // There is no script when PHP frees what is left at the end of a request.
  if (EG(current_execute_data) != nullptr) throw_unwind_exit();
  return false;
}

namespace {

struct FunctionCall {
  zend_fcall_info* info;
  zend_fcall_info_cache* cache;
  zend_result result;
};

using CallFunction = zend_result(zend_fcall_info*, zend_fcall_info_cache*);

CallFunction* php_call_function() noexcept {
  static CallFunction* const next = libc::libc_function<CallFunction>("zend_call_function");
  return next;
}

void call_function(void* argument) {
  auto& call = *static_cast<FunctionCall*>(argument);
  call.result = php_call_function()(call.info, call.cache);
}

zend_result call_guarded(zend_fcall_info* info, zend_fcall_info_cache* cache) noexcept {
  FunctionCall call{info, cache, SUCCESS};
  if (!LibraryGuard::run(call_function, &call)) ZVAL_UNDEF(info->retval);
  return call.result;
}

}  // namespace

}  // namespace tusk::php::library

// Replaces libphp's function of this name (Zend/zend_execute_API.c), through which all calls of PHP
// functions from C go. The thread sanitizer keeps a list of a thread's open calls, with room for
// 65,536. A script's recursion may be deeper, so this function is excluded from the list.
extern "C" [[gnu::no_sanitize_thread]] ZEND_API zend_result
zend_call_function(zend_fcall_info* info, zend_fcall_info_cache* cache) {
  const zend_execute_data* const frame = EG(current_execute_data);
  if (frame != nullptr && tusk::php::library::LibraryFunctions::calls_back(*frame)) {
    return tusk::php::library::call_guarded(info, cache);
  }
  return tusk::php::library::php_call_function()(info, cache);
}
