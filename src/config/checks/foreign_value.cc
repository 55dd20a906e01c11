#include "config/checks/foreign_value.h"

#include "base/check.h"
#include "config/environment.h"
#include "config/field.h"
#include "config/flags.h"
#include "config/option_table.h"

namespace tusk::config::checks {

std::string disowned_text(const Option& option, const Origin& origin, const std::string& message) {
  return prefix(option, origin) + message +
         "; ignored as another program's variable (tusk's own name for it is " + own_name(option) +
         ")";
}

bool disown(Loaded& loaded, const Option& option, const std::string& message) {
  Origin& origin = loaded.origins[index_of(option)];
  if (origin.kind != Origin::Kind::kEnvironment || !is_common_name(origin.where)) return false;
  loaded.warnings.push_back(disowned_text(option, origin, message));
  origin = {};
  clear_list(loaded.settings, option);
  const std::string text(option.default_text);
  for (const std::string& element :
       option.separator != '\0' ? split_list(text, option.separator) : std::vector{text}) {
    TUSK_CHECK(assign(loaded.settings, option, element, "").has_value());
  }
  return true;
}

}  // namespace tusk::config::checks
