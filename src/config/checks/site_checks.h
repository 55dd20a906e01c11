// Checks of the options of a site: its routes, files, scripts and their compression.
//
// Thread: any; pure functions, except for the file system.
#pragma once

#include <string_view>

#include "config/load.h"

namespace tusk::config::checks {

void check_routing(Loaded& loaded);
void check_php(Loaded& loaded);
void check_x_sendfile(Loaded& loaded);
void check_charset(Loaded& loaded);
void check_compression(Loaded& loaded);
void check_warm_up(Loaded& loaded);
// A value of warm_up: a path or a URL.
bool is_page(std::string_view page);

}  // namespace tusk::config::checks
