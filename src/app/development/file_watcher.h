// FileWatcher: a thread that notices changes of files.
//
// Owner: Development. Threads: start() and stop() main; `on_change` is called on the watcher's own.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/development/file_tree.h"
#include "app/development/inotify.h"
#include "app/development/watch_globs.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace tusk::app::development {

// Looks at all files once, then waits for the kernel's reports, or looks again and again where
// there are none. Changes that follow each other closely are one: a checkout of another branch, or
// an editor that writes a new file and renames it.
//
// What counts is whether a file differs from what it was, not how often it was reported.
class FileWatcher {
 public:
  enum class Method : std::uint8_t { kAutomatic, kPolling };

  struct Settings {
    Method method = Method::kAutomatic;
    FileTree::Limits limits;
    // A change is over when nothing has happened for this long, or after the other time.
    base::Duration quiet = std::chrono::milliseconds(50);
    base::Duration longest = std::chrono::seconds(2);
    // Polling: the shortest time between two looks. It is longer where a look takes long.
    base::Duration poll = std::chrono::milliseconds(250);
  };

  using OnChange = std::function<void(const std::vector<std::string>& paths)>;

  // `globs` outlive it.
  FileWatcher(const WatchGlobs& globs, Settings settings, OnChange on_change);
  ~FileWatcher() { stop(std::chrono::hours(1)); }
  FileWatcher(const FileWatcher&) = delete;
  FileWatcher& operator=(const FileWatcher&) = delete;

  base::Result<void> start();
  // False: its thread still waits for a file system, and uses what this object refers to.
  bool stop(base::Duration timeout);
  // It knows all files, and misses no change from now on. Any thread.
  bool is_watching() const { return watching_.load(std::memory_order_acquire); }

 private:
  void run();
  void choose_method();
  void poll_from_now_on(const std::string& reason);
  void follow_directories();
  void warn_if_cut();
  bool wait(base::Duration at_most);
  base::Duration time_to_wait(base::MonotonicTime now) const;
  void take_reports();
  void look_at_all();
  void note(std::vector<std::string> changed);
  void report_if_over();

  const WatchGlobs& globs_;
  const Settings settings_;
  const OnChange on_change_;
  base::UniqueFd stop_;  // an eventfd
  std::atomic<bool> watching_{false};

  // The thread's.
  FileTree tree_;
  std::optional<Inotify> inotify_;  // none: it polls
  bool warned_ = false;
  base::Duration last_look_took_{};
  base::MonotonicTime next_look_{};
  std::vector<std::string> touched_;   // reported, and not looked at yet
  base::MonotonicTime first_event_{};  // of the change that is under way
  base::MonotonicTime last_event_{};
  bool under_way_ = false;
  std::vector<std::string> changed_;

  base::Mutex mutex_;
  base::Condition news_;
  bool ended_ TUSK_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tusk::app::development
