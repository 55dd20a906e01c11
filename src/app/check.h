// The parts of `tusk check` that do what a start does: look at the resource limits, read the
// certificates, start PHP.
//
// Thread: main, which starts no other.
#pragma once

#include <string>

#include "config/settings.h"

namespace tusk::app {

// Whether the process's resource limits (ulimit) let a server start; stderr says what they forbid.
bool check_limits(const config::Settings& settings);

// Reads certificates and keys. False: they cannot be used; stderr says why.
bool check_tls(const config::Settings& settings);

// Starts PHP. If it starts, prints `verdict` and what PHP has read to stdout; what PHP has to
// complain about goes to stderr. The exit status.
int check_php(config::Settings settings, const std::string& verdict);

}  // namespace tusk::app
