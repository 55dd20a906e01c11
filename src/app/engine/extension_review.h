// Names loaded extensions that are known not to be safe when scripts run on threads.
//
// Thread: any.
#pragma once

#include <string>
#include <vector>

namespace tusk::app {

// A warning for each of the extensions that is known for it. Worker processes run them all.
std::vector<std::string> unsafe_under_threads(const std::vector<std::string>& extensions);

}  // namespace tusk::app
