// Finds mistakes in PHP's configuration that do not keep PHP from starting: unknown directives,
// rejected values, limits that contradict each other, paths that do not exist.
//
// Thread: main, once PHP has started and before there are workers.
#pragma once

#include <string>
#include <vector>

#include "php/facts.h"
#include "php/settings.h"

namespace tusk::php {

// `settings` are those that PHP was started with. php.ini is reviewed too, except directives of
// extensions that are not loaded: the php.ini that PHP comes with is full of them.
std::vector<IniFinding> review_ini(const Settings& settings);

// The PHP for which an extension must be built.
std::string build_name();  // "PHP 8.4, thread-safe", "PHP 8.2, not thread-safe"

// The names of all loaded extensions, sorted.
std::vector<std::string> loaded_extensions();

}  // namespace tusk::php
