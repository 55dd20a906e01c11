// Asks a PHP host what its PHP is, and what is wrong with PHP's configuration.
//
// Thread: main.
#pragma once

#include <string>

#include "base/result.h"
#include "host/settings/host_facts.h"
#include "php/settings.h"

namespace tusk::app {

// Where the messages go that PHP writes while it starts.
enum class StartMessages { kStderr, kNowhere };

// Whether PHP runs the preload script that its configuration names.
enum class Preload { kRun, kSkip };

// Starts PHP in a process of `program` and ends it again. Without the preload script no part of the
// application runs. An error: the program cannot do it.
base::Result<host::HostFacts> ask_php_host(const std::string& program,
                                           const php::Settings& settings, StartMessages messages,
                                           Preload preload = Preload::kSkip);

}  // namespace tusk::app
