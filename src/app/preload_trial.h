// Tries the preload script (opcache.preload) for `tusk check`.
//
// Thread: main, before there are others that the log would miss.
#pragma once

#include <string>

#include "app/plan/process_plan.h"

namespace tusk::app {

struct PreloadTrial {
  std::string script;    // that PHP has run; empty: PHP has none, or has not started
  std::string user;      // that it ran as; empty: that of this process
  std::string failure;   // why PHP has not started; empty: it has
  std::string messages;  // what PHP has written meanwhile
};

// Starts PHP as a start of the server does, in a process of its own, which ends then: what the
// script defines must not stay. One that takes longer than a minute fails.
PreloadTrial try_preload(const plan::ProcessPlan& plan);

}  // namespace tusk::app
