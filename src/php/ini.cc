#include "php/ini.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace tusk::php {

namespace {

// Stacks of at least this size keep a part for what PHP does not check.
constexpr std::uint64_t kLargeStack = 32 << 20;

// Written before PHP starts.
struct StackDefaults {
  std::string fibers;
  std::string checked;  // empty: PHP determines it
};
StackDefaults& stack_defaults() {
  static StackDefaults instance;
  return instance;
}

void set_default(HashTable* configuration, std::string_view name, std::string_view value) noexcept {
  zval text;
  ZVAL_NEW_STR(&text, zend_string_init(value.data(), value.size(), 1));
  zend_hash_str_update(configuration, name.data(), name.size(), &text);
}

// Since PHP 8.5 OPcache is a part of libphp; before, it is an extension that has to be loaded.
constexpr bool kOpcacheIsExtension = PHP_VERSION_ID < 80500;

bool loads_opcache(const config::PhpDirective& directive) {
  return directive.name == "zend_extension" && directive.value.find("opcache") != std::string::npos;
}

// Does what `php -d` does: a value that begins like a word, a number or a quoted string is read as
// php.ini's parser reads it (constants such as E_ALL work); anything else becomes a string.
std::string entry(const config::PhpDirective& directive) {
  const std::string& value = directive.value;
  const bool plain = value.empty() || std::isalnum(static_cast<unsigned char>(value[0])) != 0 ||
                     value[0] == '"' || value[0] == '\'';
  if (plain) return directive.name + "=" + value + "\n";
  return directive.name + "=\"" + value + "\"\n";
}

}  // namespace

void set_ini_defaults(HashTable* configuration) noexcept {
  // A server on a network writes errors to the log, and does not show them to strangers.
  set_default(configuration, "display_errors", "0");
  set_default(configuration, "log_errors", "1");
  // $argv comes from a command line; without this PHP fills it from the query string.
  set_default(configuration, "register_argc_argv", "0");
  const StackDefaults& stacks = stack_defaults();
  if (!stacks.fibers.empty()) set_default(configuration, "fiber.stack_size", stacks.fibers);
  if (!stacks.checked.empty()) {
    set_default(configuration, "zend.max_allowed_stack_size", stacks.checked);
  }
}

// PHP throws an exception when a script's recursion reaches zend.max_allowed_stack_size
// (zend_call_stack_overflowed()), but destroys objects and walks arrays without checking. Recursion
// may use a quarter of the stack, so that a script cannot reach the end with it and then overflow
// by the unchecked code. Fibers have no limit except their stack's size (zend_fiber_stack_limit()).
void prepare_stack_defaults(std::uint64_t stack_bytes) {
  StackDefaults& stacks = stack_defaults();
  stacks.fibers = std::to_string(stack_bytes);
  stacks.checked = stack_bytes >= kLargeStack ? std::to_string(stack_bytes / 4) : "";
}

std::size_t first_line_of_directives(const std::vector<config::PhpDirective>& directives) {
  return kOpcacheIsExtension && std::ranges::none_of(directives, loads_opcache) ? 2 : 1;
}

std::string ini_entries(const std::vector<config::PhpDirective>& directives) {
  std::string text;
  if (first_line_of_directives(directives) > 1) text = "zend_extension=opcache\n";
  for (const config::PhpDirective& directive : directives) text += entry(directive);
  return text;
}

std::string_view ini_value(std::string_view name) noexcept {
  const char* const value = zend_ini_string(name.data(), name.size(), 0);
  return value != nullptr ? value : "";
}

bool ini_is_on(std::string_view name) noexcept {
  return zend_ini_long(name.data(), name.size(), 0) != 0;
}

}  // namespace tusk::php
