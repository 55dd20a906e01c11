// App: builds the server from its settings, runs it, and takes it down again.
//
// Owner: main. Thread: main, which is the loop thread as well.
#pragma once

#include "config/load.h"

namespace tusk::app {

// Serves until a signal ends it. The exit status: 0 after a drain that finished everything, 1 when
// it could not start or could not finish. What `tusk check` warns of is logged.
int run(const config::Loaded& loaded);

}  // namespace tusk::app
