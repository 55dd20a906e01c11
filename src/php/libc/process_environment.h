// The environment that tusk was started with, which $_SERVER begins with, as under a PHP-FPM that
// hands it on (clear_env = no): how containers configure applications.
//
// A copy: what a script does with putenv() is not seen by others, and no lock is held while PHP
// allocates and may leave by longjmp (as php_import_environment_variables() does).
//
// Owner: the process. Thread: captured by main before workers start, then any.
#pragma once

#include <string>
#include <vector>

namespace tusk::php::libc {

struct EnvironmentVariable {
  std::string name;
  std::string value;
};

void capture_process_environment();

// Without what could pass for something that the request says: HTTP_*, HTTPS, PATH_INFO, ...
const std::vector<EnvironmentVariable>& process_environment();

}  // namespace tusk::php::libc
