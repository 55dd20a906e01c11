#include "php/script_thread.h"

#include "php/child_wait.h"

namespace tusk::php {

ScriptThread::ScriptThread() { current_ = this; }

ScriptThread::~ScriptThread() { current_ = nullptr; }

void ScriptThread::end_request() noexcept {
  if (!environment.empty()) environment.clear();
  if (locale.is_set()) locale.reset();
  if (!signals.empty()) signals.clear();
  if (has_children) has_children = reap_children();
}

}  // namespace tusk::php
