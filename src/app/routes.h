// From the configuration to what requests are routed by; and the command that explains it.
//
// Thread: main.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/load.h"
#include "site/site.h"

namespace tusk::app {

// What is wrong with rules and lists of paths, in the order of the file.
std::vector<config::Problem> check_routes(const config::Settings& settings);

// Of settings that check_routes() has nothing to say about.
base::Result<site::Site> open_site(const config::Settings& settings);

// `tusk route [METHOD] URL`: what would be served and why. Prints to stdout.
// The exit status: 0 when something is served, 1 when it is an error, 2 when that is no URL.
int explain_route(const config::Settings& settings, const std::vector<std::string>& words);

}  // namespace tusk::app
