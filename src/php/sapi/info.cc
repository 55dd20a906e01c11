#include "php/sapi/info.h"

#include <string>
#include <vector>

namespace tusk::php::sapi {

namespace {

std::vector<InfoRow>& rows() {
  static std::vector<InfoRow> prepared;
  return prepared;
}

}  // namespace

void prepare_info(const Settings& settings) {
  rows() = settings.info;
  rows().insert(rows().begin(), {.name = "Version", .value = TUSK_VERSION});
}

void print_info(zend_module_entry* /*module*/) noexcept {
  php_info_print_table_start();
  for (const auto& [name, value] : rows()) {
    php_info_print_table_row(2, name.c_str(), value.empty() ? "none" : value.c_str());
  }
  php_info_print_table_end();
}

}  // namespace tusk::php::sapi
