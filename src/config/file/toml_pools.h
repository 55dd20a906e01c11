// Reads the array of tables [[pool]] of a configuration file to Pools.
//
// Each pool is checked by itself here. Names that two pools have and scripts that do not exist are
// found later (config/checks/pool_checks.h), globs when the routes are compiled
// (site/pool_routes.h).
//
// Thread: any; pure functions.
#pragma once

#include <string>
#include <vector>

#include "config/file/toml_value.h"
#include "config/pool.h"

namespace tusk::config::file {

// `path` names the file in Pool::where; a relative script begins at its directory. Pools with
// mistakes are left out.
std::vector<Pool> read_pools(const toml::node& node, const std::string& path, const Report& error);

}  // namespace tusk::config::file
