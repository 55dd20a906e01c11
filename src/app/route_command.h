// `tusk route`: explains how a URL is routed, without serving anything.
//
// Thread: main.
#pragma once

#include <string>
#include <vector>

#include "app/plan/plan.h"

namespace tusk::app {

// `words` follow the command: [METHOD] URL. Prints to stdout. The exit status: 0 when something is
// served, 1 when the answer is an error, 2 when the words are no URL.
int explain_route(const plan::Plan& plan, const std::vector<std::string>& words);

}  // namespace tusk::app
