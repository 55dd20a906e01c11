// Which engine runs the scripts: PHP, or none.
//
// Thread: main.
#pragma once

#include <memory>

#include "base/result.h"
#include "config/settings.h"
#include "exec/executor.h"

namespace tusk::app {

base::Result<std::unique_ptr<exec::Engine>> make_engine(const config::Settings& settings);

// The configuration files that a started PHP has read, a line each.
std::string php_ini_text();

// "PHP 8.4.1 ZTS": what this program was built with.
std::string php_version_text();

}  // namespace tusk::app
