#include "app/engine.h"

#include <algorithm>
#include <string_view>

#include "exec/stub_executor.h"
#include "php/ini_syntax.h"
#include "php/native_engine.h"

namespace tusk::app {

base::Result<std::unique_ptr<exec::Engine>> make_engine(const std::optional<php::Settings>& php) {
  if (!php) return std::make_unique<exec::StubEngine>();
  return php::NativeEngine::start(*php);
}

base::Result<std::unique_ptr<exec::Engine>> make_engine_for_root(
    const std::optional<php::Settings>& php, const files::CurrentRoot& root) {
  constexpr std::string_view kName = "opcache.revalidate_path";
  if (!php || !root.follows_link()) return make_engine(php);
  php::Settings settings = *php;
  if (std::ranges::find(settings.directives, kName, &config::PhpDirective::name) ==
      settings.directives.end()) {
    settings.directives.push_back({.name = std::string(kName), .value = "1"});
  }
  return make_engine(settings);
}

std::string php_ini_text() {
  const php::IniFiles files = php::Runtime::ini_files();
  std::string text = "php.ini: " + (files.loaded.empty() ? "none" : files.loaded) + "\n";
  for (const std::string& file : files.scanned) text += "also read: " + file + "\n";
  return text;
}

std::vector<std::string> php_ini_errors(const std::optional<php::Settings>& php) {
  if (!php) return {};
  std::vector<std::string> errors = php::ini_syntax_errors();
  for (std::string& error : errors) error += ": PHP ignores the rest of the file";
  return errors;
}

std::string php_version_text() { return php::Runtime::description(); }

}  // namespace tusk::app
