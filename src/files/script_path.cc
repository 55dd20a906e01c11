#include "files/script_path.h"

#include <cstddef>

namespace tusk::files {

std::optional<ScriptPath> split_script_path(FileCache& files, const DocumentRoot& root,
                                            std::string_view path) {
  constexpr std::string_view kExtension = ".php";
  for (std::size_t from = 0; (from = path.find(kExtension, from)) != std::string_view::npos;) {
    from += kExtension.size();
    if (from < path.size() && path[from] != '/') continue;
    const std::string_view script = path.substr(0, from);
    switch (files.find(root, script)) {
      case Lookup::kFile:
        return ScriptPath{.script = script, .path_info = path.substr(from)};
      case Lookup::kDirectory:
        continue;
      default:
        // Beneath what is not there, or is not a directory, nothing is.
        return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace tusk::files
