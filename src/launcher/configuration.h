// From the configuration of tusk to what the supervisor has to know.
//
// Thread: main.
#pragma once

#include "config/load.h"
#include "observe/log.h"
#include "supervisor/configuration.h"

namespace tusk::launcher {

observe::LogSettings log_settings(const config::Settings& settings);

supervisor::Configuration supervisor_configuration(config::Loaded loaded);

// Reads the sources again, the configuration file too. Rules and php.ini are checked by the server
// processes of the new generation, which does not become ready with wrong ones.
supervisor::Loader loader_of(config::Sources sources);

// The same with a text in place of the file.
supervisor::TextLoader loader_of_text(config::Sources sources);

}  // namespace tusk::launcher
