// Makes the engine that runs scripts: PHP in this process, PHP in processes of a host, or the stub.
//
// Thread: main.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/engine/host_query.h"
#include "app/plan/process_plan.h"
#include "base/result.h"
#include "exec/executor.h"
#include "files/current_root.h"
#include "php/facts.h"

namespace tusk::app {

// A PHP that has started, or could not.
struct PhpStart {
  base::Result<std::unique_ptr<exec::Engine>> engine;
  php::Facts facts;  // nothing with the stub
};

// Starts PHP in this process, or has its host start it once, to see whether it can; without
// settings, makes the stub engine. `messages`: of the host.
PhpStart start_engine(const plan::ProcessPlan& plan, StartMessages messages, Preload preload);

// The PHP hosts of pools that start_engine() does not start: "pool NAME: PHP ..." for each. Fails
// with the reason of the first that cannot start PHP.
base::Result<std::vector<std::string>> try_other_hosts(const plan::ProcessPlan& plan);

// start_engine() for serving.
PhpStart start_engine_to_serve(const plan::ProcessPlan& plan);

// Where a symbolic link decides which release is served, a path through that link may name another
// file than before, so OPcache must look at paths again: sets opcache.revalidate_path unless the
// configuration does.
void set_directives_for_root(plan::ProcessPlan& plan, const files::CurrentRoot& root);

// The configuration files that PHP has read: php.ini, and a line for each directory of others.
std::string php_ini_text(const php::Facts& facts);

// The errors that PHP found in these files, a line each. PHP has ignored the rest of such a file.
std::vector<std::string> php_ini_errors(const php::Facts& facts);

// "PHP 8.4.1 ZTS": what this program was built with.
std::string php_version_text();

}  // namespace tusk::app
