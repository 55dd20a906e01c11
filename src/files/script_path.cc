#include "files/script_path.h"

#include <cstddef>

namespace tusk::files {

ScriptPath split_script_path(FileCache& files, const DocumentRoot& root, std::string_view path) {
  constexpr std::string_view kExtension = ".php";
  for (std::size_t from = 0; (from = path.find(kExtension, from)) != std::string_view::npos;) {
    from += kExtension.size();
    if (from < path.size() && path[from] != '/') continue;
    const std::string_view script = path.substr(0, from);
    const FileCache::Answer found = files.find_script(root, script);
    if (found.outcome == LookupOutcome::kDirectory) continue;
    // If this is missing or not a directory, nothing can be below it.
    return {.outcome = found.outcome,
            .error_number = found.error_number,
            .script = script,
            .path_info = path.substr(from)};
  }
  return {};
}

}  // namespace tusk::files
