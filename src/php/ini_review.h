// What is wrong with PHP's configuration although PHP has started with it: directives that nobody
// knows, values that were not taken, limits that contradict each other, paths that lead nowhere.
//
// Thread: main, once PHP has started and before there are workers.
#pragma once

#include <string>
#include <vector>

#include "config/settings.h"

namespace tusk::php {

struct IniFinding {
  std::string directive;
  std::string message;  // what follows the directive's name
};

// `settings` are those that PHP was started with. What php.ini says is looked at as well, but for
// directives of extensions that are not loaded: the php.ini that PHP comes with is full of them.
std::vector<IniFinding> review_ini(const config::Settings& settings);

// For which PHP an extension must be made.
std::string build_name();  // "PHP 8.4, thread-safe"

// Names of all extensions that are loaded, sorted.
std::vector<std::string> loaded_extensions();

}  // namespace tusk::php
