// The server process: streams, log, signals and limits are set, everything that can fail to open is
// opened, PHP is started, and then it serves.
//
// Thread: main, whose loop is the first.
#pragma once

#include "app/plan/plan.h"
#include "app/supervision.h"
#include "config/load.h"

namespace tusk::app {

// The configuration that the process starts with, on its way from the sources to the plan: messages
// say where a value was given, and a reload may change the file among the sources.
struct Configured {
  const config::Sources& sources;
  const config::Loaded& loaded;
  const plan::Plan& plan;
};

// Serves until a signal ends it. The exit status: 0 after a drain that finished everything, 1 when
// it could not start or could not finish. Logs what `tusk check` warns of.
int run(const Configured& configured, Supervision supervision);

}  // namespace tusk::app
