// One request through PHP: start-up, execution, shutdown. All handling of bailouts is here.
//
// Thread: the worker.
#pragma once

#include "exec/executor.h"
#include "php/request_context.h"
#include "php/runtime.h"
#include "php/time_limits.h"

namespace tusk::php {

// How the script is run.
enum class Method {
  kExecute,   // php_execute_script()
  kEvaluate,  // its text through zend_eval_stringl()
};

// Leaves a head in context.reply in every case. `limits` begin here, once the thread is not held
// any more; the caller ends them. kHealthy also when the script failed: its thread is as good as
// before. kBroken when PHP bailed out where it must not.
exec::ExecutorHealth run_request(PhpThread& thread, TimeLimits& limits, RequestContext& context,
                                 Method method) noexcept;

// A request without a script and without a client, for what PHP does when a request starts. False:
// as kBroken.
bool run_empty_request() noexcept;

// Has errors that end a script noted in their request's context. Main, after module start-up.
void watch_fatal_errors() noexcept;

}  // namespace tusk::php
