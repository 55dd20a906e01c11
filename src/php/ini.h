// PHP's ini: our defaults, and the entries given with -d.
//
// Thread: main, before and during php_module_startup().
#pragma once

#include <string>
#include <vector>

#include "config/settings.h"
#include "php/zend.h"

namespace tusk::php {

// sapi_module_struct::ini_defaults: what holds unless php.ini or -d says otherwise.
void set_ini_defaults(HashTable* configuration) noexcept;

// sapi_module_struct::ini_entries: text in php.ini's syntax that wins over every ini file.
std::string ini_entries(const std::vector<config::PhpDirective>& directives);

}  // namespace tusk::php
