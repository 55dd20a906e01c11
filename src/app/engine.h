// Makes the engine that runs scripts: PHP, or the stub.
//
// Thread: main.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/plan/process_plan.h"
#include "base/result.h"
#include "exec/executor.h"
#include "files/current_root.h"

namespace tusk::app {

// Starts PHP; without settings, makes the stub engine.
base::Result<std::unique_ptr<exec::Engine>> make_engine(const std::optional<php::Settings>& php);

// make_engine() for serving `root`. Where a symbolic link decides which release is served, a path
// through that link may name another file than before, so OPcache must look at paths again: sets
// opcache.revalidate_path unless the configuration does.
base::Result<std::unique_ptr<exec::Engine>> make_engine_for_root(
    const std::optional<php::Settings>& php, const files::CurrentRoot& root);

// The configuration files that a started PHP has read, a line each.
std::string php_ini_text();

// The errors that PHP found in these files, a line each. PHP has ignored the rest of such a file.
std::vector<std::string> php_ini_errors(const std::optional<php::Settings>& php);

// "PHP 8.4.1 ZTS": what this program was built with.
std::string php_version_text();

}  // namespace tusk::app
