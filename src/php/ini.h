// PHP's ini: our defaults, and the entries given with -d.
//
// Thread: main, before and during php_module_startup().
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/php_directive.h"
#include "php/zend.h"

namespace tusk::php {

// sapi_module_struct::ini_defaults: the values unless php.ini or -d sets others.
void set_ini_defaults(HashTable* configuration) noexcept;
// Sets what set_ini_defaults() uses for the sizes of stacks. Call it first.
void prepare_stack_defaults(std::uint64_t stack_bytes);

// sapi_module_struct::ini_entries: text in php.ini's syntax that overrides every ini file.
std::string ini_entries(const std::vector<config::PhpDirective>& directives);
// The line (from 1) of that text at which the directives begin; each has one line.
std::size_t first_line_of_directives(const std::vector<config::PhpDirective>& directives);

}  // namespace tusk::php
