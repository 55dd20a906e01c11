// SourceWatch: what follows when a watched file changes.
//
// Owner: Serving. Threads: start() and stop() main; the actions are called on the watcher's.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/development/file_watcher.h"
#include "base/clock.h"
#include "base/result.h"

namespace tusk::app::development {

enum class Changed : std::uint8_t {
  kStyles,  // style sheets alone, which no script runs
  kSources,
};

Changed what_changed(const std::vector<std::string>& paths);

// Restarts scripts first and tells browsers then, so that a page that reloads is of the new code.
class SourceWatch {
 public:
  struct Actions {
    std::function<void()> restart_scripts;
    std::function<void(Changed)> tell_browsers;
  };

  // `globs` outlive it.
  SourceWatch(const WatchGlobs& globs, FileWatcher::Method method, Actions actions);

  base::Result<void> start() { return watcher_.start(); }
  bool is_watching() const { return watcher_.is_watching(); }
  // False: as FileWatcher::stop().
  bool stop(base::Duration timeout) { return watcher_.stop(timeout); }

 private:
  void on_change(const std::vector<std::string>& paths);

  const Actions actions_;
  FileWatcher watcher_;
};

}  // namespace tusk::app::development
