// Which pool's PHP preloads what is in which list (option preload).
//
// Thread: main.
#pragma once

#include <string>
#include <vector>

#include "app/plan/process_plan.h"

namespace tusk::app::plan {

// Pools that run one PHP as one user share a list. The default pool's is the one that the options
// name; those of others lie beside it. Worker processes with a resident script preload nothing,
// because such a script loads its code once; nor do those with a root directory of their own, in
// which files have other names.
void divide_preload_lists(ProcessPlan& plan);

// All lists, the default pool's first. Empty: nothing is preloaded.
std::vector<std::string> preload_lists(const ProcessPlan& plan);

}  // namespace tusk::app::plan
