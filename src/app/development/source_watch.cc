#include "app/development/source_watch.h"

#include <algorithm>
#include <utility>

#include "observe/log.h"

namespace tusk::app::development {

Changed what_changed(const std::vector<std::string>& paths) {
  const bool styles =
      std::ranges::all_of(paths, [](const std::string& path) { return path.ends_with(".css"); });
  return styles ? Changed::kStyles : Changed::kSources;
}

SourceWatch::SourceWatch(const WatchGlobs& globs, FileWatcher::Method method, Actions actions)
    : actions_(std::move(actions)),
      watcher_(globs, {.method = method, .limits = {}},
               [this](const std::vector<std::string>& paths) { on_change(paths); }) {}

void SourceWatch::on_change(const std::vector<std::string>& paths) {
  const Changed changed = what_changed(paths);
  observe::info("watched files have changed", {{"files", paths.size()}, {"first", paths.front()}});
  if (changed != Changed::kStyles) actions_.restart_scripts();
  actions_.tell_browsers(changed);
}

}  // namespace tusk::app::development
