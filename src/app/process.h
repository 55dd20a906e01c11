// The server process: streams, log, signals and limits are set, everything that can fail to open is
// opened, PHP is started, and then it serves.
//
// Thread: main, whose loop is the first.
#pragma once

#include "app/plan/plan.h"
#include "app/supervision.h"
#include "config/load.h"

namespace tusk::app {

// Serves until a signal ends it. The exit status: 0 after a drain that finished everything, 1 when
// it could not start or could not finish. Logs what `tusk check` warns of. `loaded` is what `plan`
// was made from: messages about PHP's directives say where each was given.
int run(const config::Loaded& loaded, const plan::Plan& plan, Supervision supervision);

}  // namespace tusk::app
