#include "config/checks/missing_path.h"

#include <filesystem>
#include <system_error>
#include <vector>

#include "config/names/suggestion.h"

namespace tusk::config::checks {

std::string missing_hint(const std::string& path) {
  namespace fs = std::filesystem;
  const fs::path wanted(path);
  std::error_code failed;
  if (fs::exists(wanted, failed) || failed) return "";
  const fs::path directory = wanted.parent_path();
  if (!fs::exists(directory, failed))
    return failed ? "" : "; there is no " + directory.string() + " either";
  constexpr std::size_t kMost = 1000;
  std::vector<names::Name> names;
  for (fs::directory_iterator entry(directory, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with('.') || names.size() == kMost) continue;
    names.push_back({name, (directory / name).string()});
  }
  return names::did_you_mean(wanted.filename().string(), names);
}

}  // namespace tusk::config::checks
