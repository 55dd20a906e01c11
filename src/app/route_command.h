// `tusk route`: explains how a URL is routed, without serving anything.
//
// Thread: main.
#pragma once

#include <string>
#include <vector>

#include "app/plan/plan.h"
#include "config/load.h"

namespace tusk::app {

// `plan` is that of `loaded`. `words` follow the command: [METHOD] URL. Prints to stdout. The exit
// status: 0 when something is served, 1 when the answer is an error, 2 when the words are no URL.
int explain_route(const config::Loaded& loaded, const plan::Plan& plan,
                  const std::vector<std::string>& words);

}  // namespace tusk::app
