// The first line of the log: what is served, where, and by which engine.
//
// Thread: any.
#pragma once

#include <string>

#include "app/plan/plan.h"
#include "app/sockets.h"
#include "exec/executor.h"

namespace tusk::app {

std::string start_line(const plan::Plan& plan, const Sockets& sockets, const exec::Engine& engine);

}  // namespace tusk::app
