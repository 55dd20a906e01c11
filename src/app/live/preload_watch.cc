#include "app/live/preload_watch.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <system_error>

#include <pthread.h>
#include <sys/stat.h>

#include "base/blocked_signals.h"
#include "observe/log.h"
#include "php/preload/list/list_file.h"

namespace tusk::app::live {

namespace {

std::optional<struct stat> status_of(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 ? std::optional(info) : std::nullopt;
}

std::int64_t modified_ns(const struct stat& info) {
  return info.st_mtim.tv_sec * std::int64_t{1'000'000'000} + info.st_mtim.tv_nsec;
}

// While it leads nowhere, as between the removal of a link and its replacement, nothing has
// changed.
bool leads_elsewhere(const std::string& path, const std::string& before) {
  std::error_code failed;
  const std::filesystem::path real = std::filesystem::canonical(path, failed);
  return !failed && real.string() != before;
}

}  // namespace

void PreloadedFiles::add(const std::string& list_file) {
  const auto info = status_of(list_file);
  if (!info || modified_ns(*info) == lists_[list_file]) return;
  const auto list = php::preload::ListFile::read(list_file, php::preload::ListFile::Owner::kAny);
  if (!list) return;
  lists_[list_file] = modified_ns(*info);
  for (const auto& [path, file] : list->files) {
    if (file.state == php::preload::FileState::kPreloaded)
      files_.try_emplace(path, Version{file.modified_ns, file.size_bytes});
  }
}

void PreloadedFiles::forget() {
  files_.clear();
  lists_.clear();
}

std::uint64_t PreloadedFiles::changed() const {
  return static_cast<std::uint64_t>(std::ranges::count_if(files_, [](const auto& entry) {
    const auto info = status_of(entry.first);
    return !info || modified_ns(*info) != entry.second.modified_ns ||
           static_cast<std::uint64_t>(info->st_size) != entry.second.bytes;
  }));
}

void PreloadWatch::start() {
  const base::AllSignalsBlocked blocked;  // the thread inherits it
  // What PHP has preloaded by now, before another process changes the list.
  for (const std::string& list : settings_.list_files) files_.add(list);
  thread_ = std::thread([this] { run(); });
}

bool PreloadWatch::stop(base::Duration timeout) {
  if (!thread_.joinable()) return true;
  const base::MonotonicTime until = base::now() + timeout;
  base::MutexLock lock(mutex_);
  stopping_ = true;
  woken_.notify_all();
  while (!ended_) {
    if (woken_.wait_until(lock, until) == std::cv_status::timeout) break;
  }
  const bool ended = ended_;
  lock.unlock();
  if (ended) thread_.join();
  return ended;
}

void PreloadWatch::run() {
  ::pthread_setname_np(::pthread_self(), "tusk-preload");
  base::MutexLock lock(mutex_);
  while (!stopping_) {
    const base::MonotonicTime next = base::now() + std::max(settings_.interval, kLeastInterval);
    while (!stopping_ && base::now() < next) woken_.wait_until(lock, next);
    if (stopping_) break;
    lock.unlock();
    look();
    lock.lock();
  }
  ended_ = true;
  woken_.notify_all();
}

void PreloadWatch::look() {
  if (leads_elsewhere(settings_.configured_root, settings_.served_root)) {
    if (changes_.exchange(1, std::memory_order_relaxed) == 0)
      observe::info("preload: the document root is another directory: a new process serves it",
                    {{"serving", settings_.served_root}});
    return;
  }
  if (must_forget_.exchange(false, std::memory_order_relaxed)) files_.forget();
  if (!settings_.looks_at_files) return;
  for (const std::string& list : settings_.list_files) files_.add(list);
  const std::uint64_t differ = files_.changed();
  // One more look, for files that are still being written.
  const bool settled = differ != 0 && differ == differed_;
  differed_ = differ;
  if (settled && changes_.exchange(differ, std::memory_order_relaxed) == 0)
    observe::info("preload: files have changed: a new process serves them", {{"files", differ}});
  // They are as they were again.
  if (differ == 0) changes_.store(0, std::memory_order_relaxed);
}

}  // namespace tusk::app::live
