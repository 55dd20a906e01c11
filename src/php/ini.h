// PHP's ini: our defaults, the entries given with -d, and the values that apply.
//
// Thread: main, before and during php_module_startup(); ini_value() and ini_is_on() any thread with
// PHP's globals, once the directive is registered.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
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

// The value of a directive as this thread has it, empty without one; PHP owns the text
// (zend_ini_string() in Zend/zend_ini.c).
std::string_view ini_value(std::string_view name) noexcept;
// Whether it is a number other than 0: PHP stores "1" for on, yes and true.
bool ini_is_on(std::string_view name) noexcept;

}  // namespace tusk::php
