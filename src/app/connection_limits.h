// The limits of client connections, as the settings want them.
//
// Thread: main.
#pragma once

#include "config/settings.h"
#include "server/connection.h"

namespace tusk::app {

server::ConnectionLimits connection_limits(const config::Settings& settings);

}  // namespace tusk::app
