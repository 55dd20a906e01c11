#include "app/development/file_watcher.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <iterator>
#include <utility>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/blocked_signals.h"
#include "observe/log.h"

namespace tusk::app::development {

namespace {

// Polling takes at most this part of a core.
constexpr int kPollingShare = 20;
// How often a directory is looked for that does not exist yet.
constexpr std::chrono::seconds kLookForBase{1};
// Directories may appear while they are being read.
constexpr int kMostPasses = 4;

}  // namespace

FileWatcher::FileWatcher(const WatchGlobs& globs, Settings settings, OnChange on_change)
    : globs_(globs),
      settings_(settings),
      on_change_(std::move(on_change)),
      tree_(globs_, settings.limits) {}

base::Result<void> FileWatcher::start() {
  stop_ = base::UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_) return base::fail_errno("watch files", errno);
  const base::AllSignalsBlocked blocked;  // the thread inherits it
  thread_ = std::thread([this] { run(); });
  return {};
}

bool FileWatcher::stop(base::Duration timeout) {
  if (!thread_.joinable()) return true;
  (void)::eventfd_write(stop_.get(), 1);
  const base::MonotonicTime until = base::now() + timeout;
  base::MutexLock lock(mutex_);
  while (!ended_) {
    if (news_.wait_until(lock, until) == std::cv_status::timeout) break;
  }
  const bool ended = ended_;
  lock.unlock();
  if (ended) thread_.join();
  return ended;
}

void FileWatcher::run() {
  ::pthread_setname_np(::pthread_self(), "tusk-watch");
  choose_method();
  (void)tree_.refresh();
  follow_directories();
  warn_if_cut();
  watching_.store(true, std::memory_order_release);
  for (;;) {
    const base::MonotonicTime now = base::now();
    if (!wait(time_to_wait(now))) break;
    take_reports();
    report_if_over();
  }
  const base::MutexLock lock(mutex_);
  ended_ = true;
  news_.notify_all();
}

void FileWatcher::choose_method() {
  if (settings_.method == Method::kPolling) return;
  for (const std::string& base : globs_.bases()) {
    if (Inotify::is_unreliable_for(base))
      return poll_from_now_on("the file system of " + base + " reports no changes by others");
  }
  base::Result<Inotify> inotify = Inotify::create();
  if (!inotify) return poll_from_now_on(inotify.error().message);
  inotify_.emplace(std::move(*inotify));
}

void FileWatcher::poll_from_now_on(const std::string& reason) {
  inotify_.reset();
  observe::warn("watched files are polled, so that a change is noticed later",
                {{"reason", reason}});
}

// Has the kernel report changes in the directories of the tree.
void FileWatcher::follow_directories() {
  for (int pass = 0; inotify_ && pass < kMostPasses; ++pass) {
    const std::vector<std::string> before = tree_.directories();
    if (const base::Result<void> watched = inotify_->watch(before); !watched)
      return poll_from_now_on(watched.error().message);
    // What has happened before the directory was watched.
    note(tree_.refresh());
    if (tree_.directories() == before) return;
  }
}

void FileWatcher::warn_if_cut() {
  if (!tree_.is_cut() || warned_) return;
  warned_ = true;
  observe::warn("watch: too many files; changes of the others go unnoticed",
                {{"directories", tree_.directories().size()}, {"files", tree_.files()}});
}

// False: the watcher is to stop.
bool FileWatcher::wait(base::Duration at_most) {
  std::array<pollfd, 2> descriptors{
      pollfd{.fd = stop_.get(), .events = POLLIN, .revents = 0},
      pollfd{.fd = inotify_ ? inotify_->descriptor() : -1, .events = POLLIN, .revents = 0}};
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(at_most).count();
  (void)::poll(descriptors.data(), descriptors.size(), static_cast<int>(milliseconds));
  return descriptors[0].revents == 0;
}

base::Duration FileWatcher::time_to_wait(base::MonotonicTime now) const {
  base::Duration time = std::chrono::hours(1);
  if (under_way_)
    time = std::min(last_event_ + settings_.quiet, first_event_ + settings_.longest) - now;
  if (!inotify_ || tree_.lacks_a_base()) time = std::min(time, next_look_ - now);
  return std::max(time, base::Duration::zero());
}

void FileWatcher::take_reports() {
  const base::MonotonicTime now = base::now();
  if ((!inotify_ || tree_.lacks_a_base()) && now >= next_look_) {
    next_look_ = now + kLookForBase;
    if (!inotify_ || tree_.has_new_base()) look_at_all();
  }
  if (!inotify_) return;
  Inotify::Report report = inotify_->read();
  std::erase_if(report.paths, [&](const std::string& path) { return !globs_.matches_file(path); });
  if (report.paths.empty() && !report.incomplete) return;
  if (!under_way_) first_event_ = now;
  under_way_ = true;
  last_event_ = now;
  touched_.insert(touched_.end(), report.paths.begin(), report.paths.end());
  // New directories are watched at once, since files may already be written in them.
  if (report.incomplete) look_at_all();
}

void FileWatcher::look_at_all() {
  const base::MonotonicTime begun = base::now();
  note(tree_.refresh());
  follow_directories();
  warn_if_cut();
  last_look_took_ = base::now() - begun;
  next_look_ = base::now() + (inotify_ ? base::Duration(kLookForBase)
                                       : std::max(under_way_ ? settings_.quiet : settings_.poll,
                                                  last_look_took_ * kPollingShare));
}

void FileWatcher::note(std::vector<std::string> changed) {
  if (changed.empty()) return;
  last_event_ = base::now();
  if (!under_way_) first_event_ = last_event_;
  under_way_ = true;
  std::ranges::move(changed, std::back_inserter(changed_));
}

void FileWatcher::report_if_over() {
  const base::MonotonicTime now = base::now();
  if (!under_way_) return;
  if (now < last_event_ + settings_.quiet && now < first_event_ + settings_.longest) return;
  under_way_ = false;
  for (const std::string& path : touched_) {
    if (tree_.refresh(path)) changed_.push_back(path);
  }
  touched_.clear();
  std::ranges::sort(changed_);
  changed_.erase(std::ranges::unique(changed_).begin(), changed_.end());
  if (!changed_.empty()) on_change_(changed_);
  changed_.clear();
}

}  // namespace tusk::app::development
