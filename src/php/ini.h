// PHP's ini: our defaults, and the entries given with -d.
//
// Thread: main, before and during php_module_startup().
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/settings.h"
#include "php/zend.h"

namespace tusk::php {

// sapi_module_struct::ini_defaults: what holds unless php.ini or -d says otherwise.
void set_ini_defaults(HashTable* configuration) noexcept;
// What set_ini_defaults() makes of the stacks' size; before it is called.
void prepare_stack_defaults(std::uint64_t stack_bytes);

// sapi_module_struct::ini_entries: text in php.ini's syntax that wins over every ini file.
std::string ini_entries(const std::vector<config::PhpDirective>& directives);
// In which line (from 1) of that text the first directive stands; each has one.
std::size_t first_line_of_directives(const std::vector<config::PhpDirective>& directives);

}  // namespace tusk::php
