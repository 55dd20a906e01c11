#include "php/sapi/info.h"

#include <string>
#include <utility>
#include <vector>

#include "config/field.h"
#include "config/option_table.h"

namespace tusk::php::sapi {

namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

Rows& rows() {
  static Rows prepared;
  return prepared;
}

bool is_shown(const config::Option& option) {
  if (option.secret || option.type == config::Type::kDirectives) return false;
  // These are left out where they would contradict what is in effect.
  if (option.name == "executor" || option.name == "use_ext" || option.name == "use_stub") {
    return false;
  }
  return option.section == config::Section::kPhp ||
         option.section == config::Section::kConnections ||
         option.section == config::Section::kMessages;
}

}  // namespace

void prepare_info(const config::Settings& settings) {
  Rows& table = rows();
  table.clear();
  table.emplace_back("Version", TUSK_VERSION);
  table.emplace_back("executor", config::value_text(settings, config::option_named("executor")));
  for (const config::Option& option : config::option_table()) {
    if (!is_shown(option)) continue;
    table.emplace_back(option.name, config::value_text(settings, option));
  }
}

void print_info(zend_module_entry* /*module*/) noexcept {
  php_info_print_table_start();
  for (const auto& [name, value] : rows()) {
    php_info_print_table_row(2, name.c_str(), value.empty() ? "none" : value.c_str());
  }
  php_info_print_table_end();
}

}  // namespace tusk::php::sapi
