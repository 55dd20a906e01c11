#include "config/checks/findings.h"

#include <algorithm>
#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

#include "base/permission.h"
#include "config/checks/foreign_value.h"
#include "config/checks/missing_path.h"
#include "config/option_table.h"

namespace tusk::config::checks {

void error(Loaded& loaded, std::string_view name, const std::string& message, Blame blame) {
  const Option& option = option_named(name);
  if (blame == Blame::kUse && disown(loaded, option, message)) return;
  loaded.errors.push_back({.message = prefix(option, origin_of(loaded, option)) + message,
                           .wrong_use = blame == Blame::kUse});
  loaded.unusable.push_back(&option);
}

void warning(Loaded& loaded, std::string_view name, const std::string& message) {
  const Option& option = option_named(name);
  loaded.warnings.push_back(prefix(option, origin_of(loaded, option)) + message);
}

bool usable(const Loaded& loaded, std::initializer_list<std::string_view> names) {
  return std::ranges::none_of(loaded.unusable, [&](const Option* option) {
    return std::ranges::find(names, option->name) != names.end();
  });
}

void check_directory(Loaded& loaded, std::string_view name, const std::string& path, int access) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    const int number = errno;
    error(loaded, name, path + ": " + base::denial_text(path, F_OK, number) + missing_hint(path),
          Blame::kMachine);
  } else if (!S_ISDIR(status.st_mode)) {
    error(loaded, name, path + " is not a directory", Blame::kMachine);
  } else if (const int number = base::access_error(path, access); number != 0) {
    error(loaded, name, path + ": " + base::denial_text(path, access, number), Blame::kMachine);
  }
}

}  // namespace tusk::config::checks
