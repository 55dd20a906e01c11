// The environment that tusk was started with. $_SERVER begins with it, as under a PHP-FPM that
// passes it on (clear_env = no): containers configure applications this way.
//
// It is a copy: what a script does with putenv() is not seen by others, and no lock is held while
// PHP allocates and may leave by longjmp (as php_import_environment_variables() does).
//
// Owner: the process. Thread: main captures it before workers start; then any thread reads it.
#pragma once

#include <string>
#include <vector>

namespace tusk::php::libc {

struct EnvironmentVariable {
  std::string name;
  std::string value;
};

void capture_process_environment();

// Without names that could pass for facts of the request: HTTP_*, HTTPS, PATH_INFO, ...
const std::vector<EnvironmentVariable>& process_environment();

}  // namespace tusk::php::libc
