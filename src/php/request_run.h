// One request through PHP: start-up, execution, shutdown. All handling of bailouts is here.
//
// Thread: the worker.
#pragma once

#include "php/request_context.h"
#include "php/runtime.h"
#include "php/time_limits.h"

namespace tusk::php {

enum class RunOutcome {
  kOk,      // also when the script failed: its thread is as good as before
  kBroken,  // PHP bailed out where it must not; this thread's PHP state is not to be used again
};

// How the script is run.
enum class Method {
  kExecute,   // php_execute_script()
  kEvaluate,  // its text through zend_eval_stringl()
};

// Leaves a head in context.reply in every case.
// `limits` begin here, once the thread is not held any more; to be ended by the caller.
RunOutcome run_request(PhpThread& thread, TimeLimits& limits, RequestContext& context,
                       Method method) noexcept;

// A request without a script and without a client, for what PHP does when a request starts. False:
// as RunOutcome::kBroken.
bool run_empty_request() noexcept;

// Has errors that end a script noted in their request's context. Main, after module start-up.
void watch_fatal_errors() noexcept;

}  // namespace tusk::php
