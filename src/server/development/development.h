// Development: what a loop does for developers.
//
// Owner: a loop. Thread: its loop.
#pragma once

#include <functional>
#include <string>

#include "server/development/reload_streams.h"

namespace tusk::server::development {

struct Development {
  ReloadStreams* reload = nullptr;  // null: pages do not reload by themselves
  // Why a resident script does not boot; empty: it does.
  std::function<std::string()> boot_error;
};

}  // namespace tusk::server::development
