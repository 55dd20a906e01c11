#include "php/resident/script_loop.h"

#include <string_view>

#include "base/clock.h"
#include "base/process/ended_children.h"
#include "exec/observation/cpu_meter.h"
#include "php/libc/working_directory.h"
#include "php/library/orphans.h"
#include "php/process/fork.h"
#include "php/request_info.h"
#include "php/request_reply.h"
#include "php/request_run.h"
#include "php/resident/standard_streams.h"
#include "php/zend.h"

namespace tusk::php::resident {

namespace {

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

// A process that the script has forked outside of its handler, such as in a shutdown function, a
// destructor or an output callback, or between two requests. What follows belongs to its parent:
// the request's end, the next request, and the way back to the boot.
void end_if_forked() noexcept {
  if (process::in_forked_child()) process::end_forked_child();
}

}  // namespace

ScriptLoop::ScriptLoop(const Parts& parts) : parts_(parts), boot_(parts.scripts) {
  warm_ups_.reserve(parts.scripts.warm_up.size());
  for (const exec::WarmUpPage& page : parts.scripts.warm_up) {
    fill_warm_up_job(warm_ups_.emplace_back(), parts.scripts, page);
  }
  if (parts.doctor.on) doctor_ = std::make_unique<doctor::ResidentDoctor>(parts.doctor);
}

exec::ScriptEnd ScriptLoop::run(exec::RequestFeed& feed) noexcept {
  feed_ = &feed;
  stage_ = Stage::kBooting;
  handling_ = is_open_ = goes_back_ = false;
  warm_ups_begun_ = 0;
  warm_up_ = nullptr;
  boot_requests_ = 0;
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
    execute_script(parts_.method, goes_back_);
    current_ = nullptr;
    parts_.limits.script_ended();
    parts_.thread.script().sqlite.wait_again();
  }
  return end(started);
}

bool ScriptLoop::start() {
  for (const auto& [name, value] : parts_.scripts.environment)
    parts_.thread.script().environment.set(name, value);
  begin_between(ScriptLife::kBoot, boot_.exchange().started);
  // The time that it has waited at OPcache's gate is not the boot's.
  if (parts_.thread.was_held()) parts_.limits.begin_request(boot_.exchange(), base::now());
  return start_without_session();
}

// The script runs without a client's request from now on.
void ScriptLoop::begin_between(ScriptLife life, base::MonotonicTime since) {
  RequestContext& context = parts_.context;
  context.begin(boot_.job(), boot_.reply());
  context.life = life;
  context.muted = true;
  parts_.limits.begin_request(boot_.exchange(), since);
  parts_.containment.begin_request(boot_.job());
  fill_request_info(context);
}

bool ScriptLoop::begin_next() {
  // In a forked process the script ends here.
  if (process::in_forked_child()) {
    zend_throw_unwind_exit();
    return false;
  }
  if (std::exchange(is_open_, false)) {
    end_request();
    if (EG(exception) != nullptr) return false;
  }
  if (stage_ == Stage::kBooting) end_boot();
  if (stage_ == Stage::kWarmingUp) {
    if (warm_ups_begun_ < most_warm_ups()) {
      begin_warm_up();
      return true;
    }
    begin_serving();
  }
  if (stage_ == Stage::kEnding) {
    // The script has not heard that it is to end: exit() for it.
    zend_throw_unwind_exit();
    return false;
  }
  end_if_forked();
  parts_.limits.end_request();
  parts_.containment.end_request();
  if (!feed_->next()) {
    stage_ = Stage::kEnding;
    parts_.limits.begin_request(boot_.exchange(), boot_.exchange().started);
    parts_.containment.begin_request(boot_.job());
    return false;
  }
  stage_ = Stage::kServing;
  begin_request(feed_->job(), feed_->reply(), ScriptLife::kServes);
  if (rewinds()) rewound_.call_hooks();
  end_if_forked();
  return true;
}

bool ScriptLoop::answer(zend_fcall_info& call, zend_fcall_info_cache& function) {
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
  shutdown_functions_.end_boot();
  if (!state_.take()) zend_bailout();
  stage_ = Stage::kWarmingUp;
  begin_between(ScriptLife::kWarmUp, base::now());
  open_between();
}

void ScriptLoop::begin_serving() {
  stage_ = Stage::kBetween;
  boot_requests_ = warm_ups_.empty() && !rewinds() ? kMostBootRequests : 0;
  parts_.context.life = ScriptLife::kBetween;
  if (rewinds()) end_boot_of_rewound();
  feed_->booted();
}

// What a request would find and end first is ended once and for all.
void ScriptLoop::end_boot_of_rewound() {
  close_between();
  clear_request_info();
  shutdown_functions_.repeat_boot();
  rewound_.take();
  goes_back_ = true;
}

// Its limits and what is seen of it from outside are the boot's, but it has a time of its own.
void ScriptLoop::begin_warm_up() {
  parts_.limits.end_request();
  parts_.containment.end_request();
  warm_up_ = &warm_ups_[warm_ups_begun_++ % warm_ups_.size()];
  begin_request(*warm_up_, boot_.reply(), ScriptLife::kWarmUp);
}

void ScriptLoop::begin_request(const exec::Job& job, exec::Reply& reply, ScriptLife life) {
  const bool warms_up = life == ScriptLife::kWarmUp;
  if (warms_up || !rewinds()) {
    close_between();
    end_if_forked();
    clear_request_info();
  }
  RequestContext& context = parts_.context;
  context.begin(job, reply);
  context.life = life;
  context.muted = warms_up;
  cpu_before_ = job.measures.cpu ? exec::observation::thread_cpu_time() : base::Duration{};
  parts_.containment.begin_request(job);
  const exec::Exchange& exchange = context.reply->exchange();
  parts_.limits.begin_request(exchange, warms_up ? base::now() : exchange.started);
  if (!warms_up) parts_.thread.use_document_root(job.root_generation);
  fill_request_info(context);
  open_request(context);
  const bool auto_start = PS(auto_start);
  PS(auto_start) = auto_start && !warms_up;
  session_.begin_request();
  PS(auto_start) = auto_start;
  end_if_forked();
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
  // It ends the script, as other fatal errors do, also where PHP returns from it as from exit().
  if (compatibility::is_out_of_memory()) zend_bailout();
}

void ScriptLoop::end_request() {
  RequestContext& context = parts_.context;
  context.handler_ended = true;
  parts_.limits.script_ended();
  parts_.thread.script().sqlite.wait_again();
  close_request(part(), session_, shutdown_functions_, rewound_);
  zend_execute_data* const frame = EG(current_execute_data);
  if (part() == RequestPart::kBoot) state_.renew();
  if (part() == RequestPart::kServing) state_.put_back();
  end_if_forked();
  if (part() == RequestPart::kRewound) put_back_rewound();
  if (doctor_) [[unlikely]]
    doctor_->end_request(context);
  EG(current_execute_data) = frame;  // a bailout of a destructor makes PHP forget it
  const bool ends =
      context.timed_out || context.script_timed_out || parts_.thread.script().bailout.happened;
  const bool fails = context.fatal_error || ends || SG(sapi_headers).http_response_code >= 500;
  clear_request_info();
  if (stage_ == Stage::kWarmingUp) return end_warm_up(fails);
  if (boot_requests_ != 0) boot_requests_ = fails ? boot_requests_ - 1 : 0;
  settle_reply(context);
  if (context.job->measures.cpu) measure_cpu(cpu_before_);
  // finish() shows the script without a request: the limits of this one must not be applied to it,
  // and a crash report must not read the job, which is given back.
  parts_.limits.end_request();
  parts_.containment.end_request();
  feed_->finish();
  stage_ = Stage::kBetween;
  begin_between(ScriptLife::kBetween, boot_.exchange().started);
  open_between();
  // PHP has marked all objects as destructed, or frames are lost: as after a fatal error, the
  // script boots anew.
  if (ends) zend_throw_unwind_exit();
}

// What is not memory.
void ScriptLoop::put_back_rewound() noexcept {
  parts_.thread.script().put_back_boot();
  if (parts_.thread.script().has_children)
    parts_.thread.script().has_children = base::process::reap_children();
  rewound_.put_back_process();
}

// Nobody gets the response. The script of one that fails has not booted.
void ScriptLoop::end_warm_up(bool fails) {
  RequestContext& context = parts_.context;
  if (!fails) {
    warm_up_ = nullptr;
  } else if (context.boot_error.empty()) {
    context.boot_error = reason_of_end();
    if (context.boot_error.empty())
      context.boot_error = "status " + std::to_string(SG(sapi_headers).http_response_code);
  }
  parts_.limits.end_request();
  parts_.containment.end_request();
  begin_between(ScriptLife::kWarmUp, base::now());
  open_between();
  if (fails) zend_throw_unwind_exit();
}

void ScriptLoop::measure_cpu(base::Duration before) noexcept {
  parts_.context.reply->set_cpu_time(exec::observation::thread_cpu_time() - before);
}

// The script has ended, be it by a bailout in a request.
exec::ScriptEnd ScriptLoop::end(bool started) noexcept {
  RequestContext& context = parts_.context;
  const bool was_serving = stage_ == Stage::kServing;
  if (was_serving && goes_back_ && !process::in_forked_child()) {
    // Nothing of the script needs to be freed, and what the boot has open stays open. The process
    // goes back from here.
    shutdown_functions_.restore_after_error();
    end_request();
  }
  if (stage_ != Stage::kBooting) {
    session_.forget();
    was_serving || warm_up_ != nullptr ? shutdown_functions_.restore_after_error()
                                       : shutdown_functions_.restore();
    state_.forget();
  }
  if (doctor_) doctor_->end_script(context);
  if (goes_back_ && process::in_forked_child()) rewound_.leave_resources();
  const bool clean = php::end_request();
  if (process::in_forked_child()) process::end_forked_child();
  const bool closed = library::close_orphans(parts_.thread.script(), context);
  clear_request_info();
  if (was_serving) {
    settle_reply(context);
    if (context.job->measures.cpu) measure_cpu(cpu_before_);
  }
  parts_.limits.end_request();
  parts_.thread.script().end_request();
  parts_.containment.end_request();
  const bool healthy = started && clean && closed;
  if (healthy) parts_.thread.end_request();
  if (was_serving) feed_->finish();
  if (!has_booted()) feed_->fail_boot(boot_error());
  feed_->end_script();
  if (!healthy) return exec::ScriptEnd::kBroken;
  if (stage_ == Stage::kEnding) return exec::ScriptEnd::kAsked;
  return has_booted() ? exec::ScriptEnd::kAfterWork : exec::ScriptEnd::kBootFailed;
}

// Why the boot or its request has been ended. Empty: it has not.
const char* ScriptLoop::reason_of_end() const {
  if (parts_.context.timed_out) return "it takes longer than request_timeout";
  if (parts_.context.script_timed_out) return "it takes longer than max_execution_time";
  return "";
}

std::string ScriptLoop::boot_error() const {
  std::string reason = parts_.context.boot_error;
  if (reason.empty()) reason = reason_of_end();
  if (warm_up_ != nullptr) {
    const std::string page(warm_up_->view(warm_up_->head.path));
    return "its warm-up request for " + page + " fails: " + (reason.empty() ? "it ends" : reason);
  }
  if (!parts_.context.boot_error.empty()) return parts_.context.boot_error;
  if (!reason.empty()) return "its boot" + reason.substr(2);
  if (warm_ups_begun_ != 0) {
    const exec::Job& last = warm_ups_[(warm_ups_begun_ - 1) % warm_ups_.size()];
    return "it ends after its warm-up request for " + std::string(last.view(last.head.path)) +
           ", and does not wait for the next one: did an exception end it?";
  }
  return "it ends without a call of tusk_handle_request()";
}

}  // namespace tusk::php::resident
