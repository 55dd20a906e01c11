#include "php/ini.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace tusk::php {

namespace {

void set_default(HashTable* configuration, std::string_view name, std::string_view value) noexcept {
  zval text;
  ZVAL_NEW_STR(&text, zend_string_init(value.data(), value.size(), 1));
  zend_hash_str_update(configuration, name.data(), name.size(), &text);
}

bool loads_opcache(const config::PhpDirective& directive) {
  return directive.name == "zend_extension" && directive.value.find("opcache") != std::string::npos;
}

// As `php -d`: a value that begins like a word, a number or a quoted string is taken as php.ini's
// parser reads it (constants such as E_ALL count); anything else becomes a string.
std::string entry(const config::PhpDirective& directive) {
  const std::string& value = directive.value;
  const bool plain = value.empty() || std::isalnum(static_cast<unsigned char>(value[0])) != 0 ||
                     value[0] == '"' || value[0] == '\'';
  if (plain) return directive.name + "=" + value + "\n";
  return directive.name + "=\"" + value + "\"\n";
}

}  // namespace

void set_ini_defaults(HashTable* configuration) noexcept {
  // A server on the net: errors go to the log and not to strangers.
  set_default(configuration, "display_errors", "0");
  set_default(configuration, "log_errors", "1");
  // $argv comes from a command line; without this PHP fills it from the query string.
  set_default(configuration, "register_argc_argv", "0");
}

std::string ini_entries(const std::vector<config::PhpDirective>& directives) {
  // In PHP 8.4 OPcache is an extension of its own that somebody has to load.
  std::string text;
  if (std::ranges::none_of(directives, loads_opcache)) text = "zend_extension=opcache\n";
  for (const config::PhpDirective& directive : directives) text += entry(directive);
  return text;
}

}  // namespace tusk::php
