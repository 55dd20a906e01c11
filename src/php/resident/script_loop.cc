#include "php/resident/script_loop.h"

#include <string_view>

#include "base/clock.h"
#include "exec/observation/cpu_meter.h"
#include "php/libc/working_directory.h"
#include "php/library/orphans.h"
#include "php/process/fork.h"
#include "php/request_info.h"
#include "php/request_reply.h"
#include "php/request_run.h"
#include "php/resident/error_stream.h"
#include "php/resident/served_request.h"
#include "php/zend.h"

namespace tusk::php::resident {

namespace {

// Programs for a terminal use them.
constexpr char kStandardStreams[] =
    "defined('STDIN') || define('STDIN', fopen('php://stdin', 'r'));"
    "defined('STDOUT') || define('STDOUT', fopen('php://stdout', 'w'));";

void define_standard_streams() noexcept {
  zend_try {
    zend_eval_string(kStandardStreams, nullptr, "standard streams");
    define_error_stream();
  }
  zend_end_try();
}

bool start_without_session() noexcept {
  // A session that starts automatically would belong to no visitor.
  const bool auto_start = PS(auto_start);
  PS(auto_start) = false;
  const bool started = start_request();
  PS(auto_start) = auto_start;
  return started;
}

// An exception that the handler has not caught. exit() is one, too, which ends the request only.
void settle_exception() {
  if (EG(exception) == nullptr) return;
  if (zend_is_unwind_exit(EG(exception)) || zend_is_graceful_exit(EG(exception)))
    return discard_exception();
  if (Z_TYPE(EG(user_exception_handler)) != IS_UNDEF) zend_user_exception_handler();
  // Reports it as a fatal error, but does not bail out.
  if (EG(exception) != nullptr) zend_exception_error(EG(exception), E_ERROR);
  discard_exception();
}

}  // namespace

exec::ScriptEnd ScriptLoop::run(exec::RequestFeed& feed) noexcept {
  feed_ = &feed;
  stage_ = Stage::kBooting;
  handling_ = false;
  parts_.context.boot_error.clear();
  parts_.context.boots_again = feed.boots_again();
  feed.begin_script(boot_.exchange());
  if (!parts_.thread.begin_request()) {
    feed.fail_boot("PHP cannot start a request");
    feed.end_script();
    return exec::ScriptEnd::kBroken;
  }
  const bool started = start();
  if (started) {
    current_ = this;
    libc::enter_directory_of(SG(request_info).path_translated);
    define_standard_streams();
    execute_script(parts_.method);
    current_ = nullptr;
    parts_.limits.script_ended();
    parts_.thread.script().sqlite.wait_again();
  }
  return end(started);
}

bool ScriptLoop::start() {
  for (const auto& [name, value] : parts_.scripts.environment)
    parts_.thread.script().environment.set(name, value);
  begin_between(ScriptLife::kBoot);
  // The time that it has waited at OPcache's gate is not the boot's.
  if (parts_.thread.was_held()) parts_.limits.begin_request(boot_.exchange(), base::now());
  return start_without_session();
}

// The script runs without a client's request from now on.
void ScriptLoop::begin_between(ScriptLife life) {
  RequestContext& context = parts_.context;
  context.begin(boot_.job(), boot_.reply());
  context.life = life;
  context.muted = true;
  parts_.limits.begin_request(boot_.exchange(), boot_.exchange().started);
  parts_.containment.begin_request(boot_.job());
  fill_request_info(context);
}

bool ScriptLoop::handle_one(zend_fcall_info& call, zend_fcall_info_cache& function) {
  if (stage_ == Stage::kBooting) end_boot();
  if (stage_ == Stage::kEnding) {
    // The script has not heard that it is to end: exit() for it.
    zend_throw_unwind_exit();
    return false;
  }
  parts_.limits.end_request();
  parts_.containment.end_request();
  if (!feed_->next()) {
    stage_ = Stage::kEnding;
    parts_.limits.begin_request(boot_.exchange(), boot_.exchange().started);
    parts_.containment.begin_request(boot_.job());
    return false;
  }
  begin_request();
  settle_exception();  // of a destructor
  call_handler(call, function);
  if (process::in_forked_child()) {
    zend_throw_unwind_exit();
    return false;
  }
  end_request();
  return true;
}

void ScriptLoop::end_boot() {
  // A bailout in what follows makes PHP forget its frame.
  zend_execute_data* const frame = EG(current_execute_data);
  session_.end_boot();
  EG(current_execute_data) = frame;
  discard_exception();
  if (parts_.thread.script().bailout.happened) zend_bailout();
  close_between();
  clear_request_info();
  shutdown_functions_ = BG(user_shutdown_function_names);
  BG(user_shutdown_function_names) = nullptr;
  if (!state_.take()) zend_bailout();
  stage_ = Stage::kBetween;
  begin_between(ScriptLife::kBetween);
  open_between();
  feed_->booted();
}

void ScriptLoop::begin_request() {
  close_between();
  clear_request_info();
  stage_ = Stage::kServing;
  RequestContext& context = parts_.context;
  const exec::Job& job = feed_->job();
  context.begin(job, feed_->reply());
  context.life = ScriptLife::kServes;
  cpu_before_ = job.measures.cpu ? exec::observation::thread_cpu_time() : base::Duration{};
  parts_.containment.begin_request(job);
  const exec::Exchange& exchange = context.reply->exchange();
  parts_.limits.begin_request(exchange, exchange.started);
  parts_.thread.use_document_root(job.root_generation);
  fill_request_info(context);
  open_request(context);
  session_.begin_request();
  if (doctor_) [[unlikely]]
    doctor_->begin_request();
}

void ScriptLoop::call_handler(zend_fcall_info& call, zend_fcall_info_cache& function) {
  zval result;
  ZVAL_UNDEF(&result);
  call.retval = &result;
  call.param_count = 0;
  call.params = nullptr;
  call.named_params = nullptr;
  zend_call_function(&call, &function);
  settle_exception();
  zval_ptr_dtor(&result);
  settle_exception();
}

void ScriptLoop::end_request() {
  RequestContext& context = parts_.context;
  context.handler_ended = true;
  parts_.limits.script_ended();
  parts_.thread.script().sqlite.wait_again();
  close_request(session_);
  zend_execute_data* const frame = EG(current_execute_data);
  state_.put_back();
  if (doctor_) [[unlikely]]
    doctor_->end_request(context);
  EG(current_execute_data) = frame;  // a bailout of a destructor makes PHP forget it
  clear_request_info();
  settle_reply(context);
  if (context.job->measures.cpu) measure_cpu(cpu_before_);
  const bool ends =
      context.timed_out || context.script_timed_out || parts_.thread.script().bailout.happened;
  // finish() shows the script without a request: the limits of this one must not be applied to it,
  // and a crash report must not read the job, which is given back.
  parts_.limits.end_request();
  parts_.containment.end_request();
  feed_->finish();
  stage_ = Stage::kBetween;
  begin_between(ScriptLife::kBetween);
  open_between();
  // PHP has marked all objects as destructed, or frames are lost: as after a fatal error, the
  // script boots anew.
  if (ends) zend_throw_unwind_exit();
}

void ScriptLoop::measure_cpu(base::Duration before) noexcept {
  parts_.context.reply->set_cpu_time(exec::observation::thread_cpu_time() - before);
}

// The script has ended, be it by a bailout in a request.
exec::ScriptEnd ScriptLoop::end(bool started) noexcept {
  RequestContext& context = parts_.context;
  const bool was_serving = stage_ == Stage::kServing;
  if (was_serving) {
    session_.forget();
    // The boot's shutdown functions come first, as they were registered first.
    settle_after_bailout();
  } else if (stage_ != Stage::kBooting) {
    session_.forget();
    php_free_shutdown_functions();
    BG(user_shutdown_function_names) = shutdown_functions_;
  }
  if (stage_ != Stage::kBooting) state_.forget();
  if (doctor_) doctor_->end_script(context);
  shutdown_functions_ = nullptr;
  const bool clean = php::end_request();
  if (process::in_forked_child()) process::end_forked_child();
  library::close_orphans(parts_.thread.script(), context);
  clear_request_info();
  if (was_serving) {
    settle_reply(context);
    if (context.job->measures.cpu) measure_cpu(cpu_before_);
  }
  parts_.limits.end_request();
  parts_.thread.script().end_request();
  parts_.containment.end_request();
  const bool healthy = started && clean;
  if (healthy) parts_.thread.end_request();
  if (was_serving) feed_->finish();
  if (stage_ == Stage::kBooting) feed_->fail_boot(boot_error());
  feed_->end_script();
  if (!healthy) return exec::ScriptEnd::kBroken;
  if (stage_ == Stage::kEnding) return exec::ScriptEnd::kAsked;
  return stage_ == Stage::kBooting ? exec::ScriptEnd::kBootFailed : exec::ScriptEnd::kAfterWork;
}

// Puts the request's shutdown functions behind those of the boot.
void ScriptLoop::settle_after_bailout() noexcept {
  HashTable* const of_request = BG(user_shutdown_function_names);
  if (shutdown_functions_ == nullptr) return;
  BG(user_shutdown_function_names) = shutdown_functions_;
  if (of_request == nullptr) return;
  zval* function = nullptr;
  zend_try {
    ZEND_HASH_FOREACH_VAL(of_request, function) {
      zend_hash_next_index_insert(shutdown_functions_, function);
    }
    ZEND_HASH_FOREACH_END();
    of_request->pDestructor = nullptr;  // the entries are the other table's
    zend_hash_destroy(of_request);
    FREE_HASHTABLE(of_request);
  }
  zend_end_try();
}

const char* ScriptLoop::boot_error() const {
  if (!parts_.context.boot_error.empty()) return parts_.context.boot_error.c_str();
  if (parts_.context.timed_out) return "its boot takes longer than request_timeout";
  if (parts_.context.script_timed_out) return "its boot takes longer than max_execution_time";
  return "it ends without a call of tusk_handle_request()";
}

}  // namespace tusk::php::resident
