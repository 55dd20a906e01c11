// PreloadWatch: notices that code has changed which PHP has preloaded.
//
// Preloaded code stays as it is until its process ends, so after a change another process has to
// take this one's place (RecycleWatch asks for it).
//
// Owner: Serving. Threads: changes() any; start() and stop() main's. The rest is its own thread's,
// because a file system that does not answer blocks its caller.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"

namespace tusk::app::live {

// The files that a start of PHP has preloaded, as they were then.
class PreloadedFiles {
 public:
  // Adds the files that the list says are preloaded. A file that is known already stays as it was.
  void add(const std::string& list_file);
  // Nothing is preloaded any more: PHP starts anew.
  void forget();
  // How many of them are others on the disk now.
  std::uint64_t changed() const;

 private:
  struct Version {
    std::int64_t modified_ns = 0;
    std::uint64_t bytes = 0;
  };
  std::map<std::string, Version> files_;
  std::map<std::string, std::int64_t> lists_;  // when each was modified before it was read
};

class PreloadWatch {
 public:
  // Time in which a deployment writes its files: what differs twice in a row has changed.
  static constexpr base::Duration kLeastInterval = std::chrono::seconds(1);

  struct Settings {
    std::vector<std::string> list_files;
    std::string configured_root;  // where a link may lead elsewhere
    std::string served_root;      // where it has led when this process began
    bool looks_at_files = false;  // opcache.validate_timestamps
    base::Duration interval{};    // opcache.revalidate_freq
  };
  explicit PreloadWatch(Settings settings) : settings_(std::move(settings)) {}
  ~PreloadWatch() { stop(std::chrono::hours(1)); }
  PreloadWatch(const PreloadWatch&) = delete;
  PreloadWatch& operator=(const PreloadWatch&) = delete;

  void start();
  // False: its thread still waits for a file, and uses this object.
  bool stop(base::Duration timeout);

  // How many preloaded files, or the document root, have changed.
  std::uint64_t changes() const noexcept { return changes_.load(std::memory_order_relaxed); }
  // PHP starts anew in other processes: what they preload is on the disk then.
  void forget() noexcept { must_forget_.store(true, std::memory_order_relaxed); }

 private:
  void run();
  void look();

  const Settings settings_;
  PreloadedFiles files_;
  std::uint64_t differed_ = 0;  // at the last look
  // Numbers that the main thread reads and writes by themselves.
  std::atomic<std::uint64_t> changes_{0};
  std::atomic<bool> must_forget_{false};
  base::Mutex mutex_;
  base::Condition woken_;
  bool stopping_ TUSK_GUARDED_BY(mutex_) = false;
  bool ended_ TUSK_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tusk::app::live
