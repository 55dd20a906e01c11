#include "app/engine/extension_review.h"

#include <algorithm>
#include <string_view>

#include "app/engine/unsafe_extensions.h"
#include "config/value.h"

namespace tusk::app {

std::vector<std::string> unsafe_under_threads(const std::vector<std::string>& extensions) {
  std::vector<std::string> warnings;
  for (std::string_view rest = kUnsafeExtensions; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    if (line.empty()) continue;
    const std::string_view name = line.substr(0, line.find('|'));
    const std::string_view why = line.substr(name.size() + 1);
    const bool is_loaded = std::ranges::any_of(
        extensions, [&](const std::string& loaded) { return config::lower(loaded) == name; });
    if (!is_loaded) continue;
    warnings.push_back("extension " + std::string(name) +
                       " is known not to be safe under threads: " + std::string(why) +
                       "; set engine = \"processes\", or do not load it");
  }
  return warnings;
}

}  // namespace tusk::app
