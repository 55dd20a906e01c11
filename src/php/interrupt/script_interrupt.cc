#include "php/interrupt/script_interrupt.h"

#include <chrono>
#include <cstddef>
#include <string_view>

#include "observe/log.h"
#include "php/backtrace/thread_probe.h"
#include "php/interrupt/time_limits.h"
#include "php/library/library_guard.h"
#include "php/request_context.h"
#include "php/zend.h"

namespace tusk::php::interrupt {

namespace {

constexpr zend_long kBacktraceFrames = 50;

void (*next_interrupt_function)(zend_execute_data*) = nullptr;

// The exception of which PHP asks the text, because nothing has caught it. A PHP before 8.3 may
// look for interrupts only then: after a call that has thrown, it goes on with the exception.
zend_object* reported_exception() {
  const zend_execute_data* const frame = EG(current_execute_data);
  if (frame == nullptr || frame->func == nullptr || ZEND_USER_CODE(frame->func->type) ||
      Z_TYPE(frame->This) != IS_OBJECT)
    return nullptr;
  zend_object* const object = Z_OBJ(frame->This);
  const bool is_asked = frame->func == object->ce->__tostring;
  return is_asked && instanceof_function(object->ce, zend_ce_throwable) ? object : nullptr;
}

zend_string* backtrace_of(zend_object* exception) {
  zend_class_entry* const base =
      instanceof_function(exception->ce, zend_ce_exception) ? zend_ce_exception : zend_ce_error;
  zval room;
  const zval* const trace =
      zend_read_property_ex(base, exception, ZSTR_KNOWN(ZEND_STR_TRACE), true, &room);
  if (Z_TYPE_P(trace) != IS_ARRAY) return ZSTR_EMPTY_ALLOC();
  // Arguments may be secrets.
  HashTable* const frames = zend_array_dup(Z_ARRVAL_P(trace));
  zval* frame = nullptr;
  ZEND_HASH_FOREACH_VAL(frames, frame) {
    if (Z_TYPE_P(frame) != IS_ARRAY) continue;
    SEPARATE_ARRAY(frame);
    zend_hash_del(Z_ARRVAL_P(frame), ZSTR_KNOWN(ZEND_STR_ARGS));
  }
  ZEND_HASH_FOREACH_END();
  zend_string* const text = zend_trace_to_string(frames, true);
  zend_array_destroy(frames);
  return text;
}

// Returns "#0 /srv/a.php(3): sleep()\n#1 {main}", or an empty string. May bail out, because memory
// may be short.
zend_string* backtrace_now() {
  if (zend_object* const exception = reported_exception()) return backtrace_of(exception);
  zval frames;
  zend_fetch_debug_backtrace(&frames, 0, DEBUG_BACKTRACE_IGNORE_ARGS, kBacktraceFrames);
  if (Z_TYPE(frames) != IS_ARRAY) return ZSTR_EMPTY_ALLOC();
  zend_string* const text = zend_trace_to_string(Z_ARRVAL(frames), true);
  zval_ptr_dtor(&frames);
  return text;
}

void log_timeout(const RequestContext& context) noexcept {
  zend_string* volatile trace = nullptr;
  zend_try { trace = backtrace_now(); }
  zend_end_try();
  const exec::Job& job = *context.job;
  zend_string* const text = trace;
  observe::log(observe::Level::kError, "request timed out",
               {{"request", job.request_id},
                {"request_id", job.id().view()},
                {"script", job.view(job.script_filename)},
                {"uri", job.view(job.head.target)},
                {"backtrace", text != nullptr ? std::string_view(ZSTR_VAL(text), ZSTR_LEN(text))
                                              : std::string_view("out of memory")}});
  if (text != nullptr) zend_string_release(text);
}

// Data of PHP's fatal error for a time limit.
struct TimeError {
  const TimeLimits* limits;
  bool of_request;
};

zend_long milliseconds(base::Duration limit) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
}

// Gives the place explicitly, because PHP looks for it only if the type has no flag.
void report(void* argument) {
  const auto& error = *static_cast<const TimeError*>(argument);
  constexpr int kType = E_ERROR | E_DONT_BAIL;
  zend_string* const file = zend_get_executed_filename_ex();
  const uint32_t line = zend_get_executed_lineno();
  if (error.of_request && error.limits->ended_for_restart()) {
    zend_error_at(kType, file, line, "Ended because a restart of OPcache waits for this script");
  } else if (error.of_request && error.limits->ended_for_shutdown()) {
    zend_error_at(kType, file, line, "Ended because the server ends");
  } else if (error.of_request && error.limits->ended_for_cpu()) {
    zend_error_at(kType, file, line, "More than " ZEND_LONG_FMT " ms of processor time were used",
                  milliseconds(error.limits->cpu_limit()));
  } else if (error.of_request) {
    zend_error_at(kType, file, line, "Request timeout of " ZEND_LONG_FMT " ms exceeded",
                  milliseconds(error.limits->request_limit()));
  } else {
    zend_error_at(kType, file, line,
                  "Maximum execution time of " ZEND_LONG_FMT " second%s exceeded",
                  EG(timeout_seconds), EG(timeout_seconds) == 1 ? "" : "s");
  }
}

// Inside SoapClient the error would be a SoapFault, which the script may catch and continue
// (soap_real_error_handler() in ext/soap/soap.c). A passed time limit is not a fault of the
// service.
void report_without_soap_fault(void* argument) {
  auto* const handler = static_cast<zend_function*>(
      zend_hash_str_find_ptr(CG(function_table), ZEND_STRL("use_soap_error_handler")));
  if (handler != nullptr) {
    zval off;
    zval before;
    ZVAL_FALSE(&off);
    zend_call_known_function(handler, nullptr, nullptr, &before, 1, &off, nullptr);
  }
  report(argument);
}

// The script's current position. Throwing an exception there would make PHP forget it.
struct Place {
  zend_execute_data* frame;
  const zend_op* instruction;
};

bool is_of_script(const zend_execute_data* frame) {
  return frame != nullptr && frame->func != nullptr && ZEND_USER_CODE(frame->func->type);
}

Place place_now() {
  zend_execute_data* const frame = EG(current_execute_data);
  if (!is_of_script(frame)) return {nullptr, nullptr};
  const bool has_thrown = frame->opline->opcode == ZEND_HANDLE_EXCEPTION;
  return {frame, has_thrown ? EG(opline_before_exception) : frame->opline};
}

// Restores the position from before the exception.
void restore_place(const Place& place) {
  if (EG(exception) != nullptr) OBJ_RELEASE(EG(exception));
  EG(exception) = nullptr;
  if (place.frame != nullptr) place.frame->opline = place.instruction;
}

// Does everything that the error means for scripts and logs, except its bailout. Then follows what
// php_error_cb() in main/main.c does before its bailout: the memory limit is restored, because an
// error page may be large, and objects are marked so that destructors do not run after a fatal
// error.
void raise_fatal_error(const TimeLimits& limits, const TimeNotice& notice) {
  auto* const context = static_cast<RequestContext*>(SG(server_context));
  TimeError error{&limits, notice.request_expired && context != nullptr};
  // connection_status() is CONNECTION_TIMEOUT from here on, as zend_timeout_handler() has it.
  if (zend_on_timeout != nullptr) zend_on_timeout(static_cast<int>(EG(timeout_seconds)));
  if (error.of_request) {
    if (!context->timed_out && !limits.ended_for_shutdown()) log_timeout(*context);
    context->timed_out = true;
  } else if (context != nullptr) {
    context->script_timed_out = true;
  }
  const zend_string* const last = PG(last_error_message);
  const Place place = place_now();
  if (!library::LibraryGuard::run(report, &error)) {
    restore_place(place);
    if (PG(last_error_message) == last &&
        !library::LibraryGuard::run(report_without_soap_fault, &error)) {
      restore_place(place);
    }
  }
  zend_set_memory_limit(static_cast<std::size_t>(PG(memory_limit)));
  zend_objects_store_mark_destructed(&EG(objects_store));
}

// When PHP checks for interrupts after a call of an FFI function, the function has freed itself and
// its frame has none (ffi_trampoline() in ext/ffi/ffi.c): a backtrace would crash the process.
void raise_in_function_frame(const TimeLimits& limits, const TimeNotice& notice) {
  zend_execute_data* const frame = EG(current_execute_data);
  if (frame != nullptr && frame->func == nullptr) {
    EG(current_execute_data) = frame->prev_execute_data;
  }
  raise_fatal_error(limits, notice);
  EG(current_execute_data) = frame;
}

void on_interrupt(zend_execute_data* frame) {
  if (auto* const probe = backtrace::ThreadProbe::current()) probe->answer();
  if (auto* const limits = TimeLimits::current()) {
    const TimeNotice notice = limits->take_notice();
    if (notice.expired()) raise_in_function_frame(*limits, notice);
    if (notice.bail_out) zend_bailout();
    if (notice.expired()) return unwind_script();
  }
  if (next_interrupt_function != nullptr) next_interrupt_function(frame);
}

}  // namespace

void install_interrupt_handler() noexcept {
  next_interrupt_function = zend_interrupt_function;
  zend_interrupt_function = on_interrupt;
}

void unwind_script() {
  // There is no frame to unwind, or php_session_destroy() is the caller, which forgets what is open
  // if a user's handler has thrown.
  if (EG(current_execute_data) == nullptr || PS(in_save_handler)) zend_bailout();
  library::LibraryGuard::throw_unwind_exit();
}

}  // namespace tusk::php::interrupt
