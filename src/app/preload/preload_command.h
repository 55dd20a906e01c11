// `tusk preload`: shows what PHP preloads by itself, and why it leaves out the rest.
//
// Thread: main.
#pragma once

#include <string>
#include <vector>

#include "app/plan/plan.h"

namespace tusk::app::preload {

enum class ListForm { kText, kJson };

// `words` follow the command: list or clear. The exit status: 0 done, 1 failed, 2 wrong use.
int preload_command(const plan::Plan& plan, const std::vector<std::string>& words, ListForm form);

// A line for each list for `tusk check`; empty: preload is off.
std::string preload_line(const plan::Plan& plan);

}  // namespace tusk::app::preload
