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

// Starts PHP in a process of `program` and ends it again. No part of the application runs: there
// is no preload script. An error: the program cannot do it.
base::Result<host::HostFacts> ask_php_host(const std::string& program,
                                           const php::Settings& settings, StartMessages messages);

}  // namespace tusk::app
