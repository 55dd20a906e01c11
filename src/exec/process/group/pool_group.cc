#include "exec/process/group/pool_group.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>
#include <unordered_set>
#include <vector>

#include <sys/wait.h>

#include "exec/process/group/strays.h"
#include "exec/process/host_link.h"

namespace tusk::exec::process {

using base::process::ControlGroup;
using base::process::ControlGroupTree;

namespace {

// Thousandths of the group's limit that a worker seems to use beyond what it does.
constexpr int kPreference = 500;
constexpr int kMostPreference = 1000;

// Processes take a moment to end.
constexpr std::chrono::milliseconds kBetweenLooks{1};

void kill_each(const std::vector<pid_t>& processes, std::unordered_set<pid_t>& killed) {
  for (const pid_t process : processes) {
    if (::kill(process, SIGKILL) == 0) killed.insert(process);
  }
}

}  // namespace

base::Result<void> PoolGroup::make() { return make(ControlGroupTree::of_machine(leader_)); }

base::Result<void> PoolGroup::make(const ControlGroupTree& tree) {
  if (!settings_.any()) return {};
  base::Result<ControlGroup> made = ControlGroup::make(settings_, tree);
  const base::MutexLock lock(mutex_);
  is_refused_ = !made;
  if (!made) return std::unexpected(made.error());
  const bool is_first = !group_;
  group_ = std::move(*made);
  // What has happened in it before is not ours.
  if (is_first) explained_ = group_->oom_kills().value_or(0);
  return {};
}

std::optional<ControlGroup> PoolGroup::group() const {
  const base::MutexLock lock(mutex_);
  return group_;
}

base::Result<void> PoolGroup::add(pid_t host) {
  const base::MutexLock lock(mutex_);
  if (!group_) return {};
  base::Result<void> added = group_->add(host);
  is_refused_ = !added;
  return added;
}

bool PoolGroup::is_refused() const {
  const base::MutexLock lock(mutex_);
  return is_refused_;
}

void PoolGroup::remove() const {
  const base::MutexLock lock(mutex_);
  if (group_) group_->remove();
}

// If the value may not be raised, only the preference is lost.
void PoolGroup::prefer(pid_t worker) const {
  if (settings_.memory_bytes == 0) return;
  const std::string file = "/proc/" + std::to_string(worker) + "/oom_score_adj";
  int now = 0;
  if (!(std::ifstream(file) >> now)) return;
  std::ofstream(file) << std::min(now + kPreference, kMostPreference);
}

// The group may have been removed and made again.
std::uint64_t PoolGroup::new_kills() {
  const std::uint64_t count = group_ ? group_->oom_kills().value_or(0) : 0;
  explained_ = std::min(explained_, count);
  return count - explained_;
}

std::string PoolGroup::explain(int wait_status) {
  std::string how = ending_text(wait_status);
  if (!WIFSIGNALED(wait_status) || WTERMSIG(wait_status) != SIGKILL) return how;
  const base::MutexLock lock(mutex_);
  if (new_kills() == 0) return how;
  ++explained_;
  return how + ": out of memory in the cgroup " + group_->path();
}

std::uint64_t PoolGroup::killed_programs(base::MonotonicTime now) {
  const base::MutexLock lock(mutex_);
  const std::uint64_t kills = new_kills();
  if (kills == 0) {
    seen_since_ = {};
    return 0;
  }
  if (seen_since_ == base::MonotonicTime{}) seen_since_ = now;
  if (now - seen_since_ < kTimeToTell) return 0;
  explained_ += kills;
  seen_since_ = {};
  return kills;
}

bool PoolGroup::is_full() const {
  const std::optional<ControlGroup> group = this->group();
  return group && group->is_full();
}

std::size_t PoolGroup::kill_strays() const {
  const std::optional<ControlGroup> group = this->group();
  if (!group || !group->is_full()) return 0;
  std::unordered_set<pid_t> killed;
  const base::MonotonicTime until = base::now() + patience_.kill;
  for (;;) {
    const Strays strays = find_strays(group->members(), leader_, until);
    kill_each(strays.processes, killed);
    if (strays.processes.empty() || base::now() >= until) return killed.size();
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

PoolGroup::Cleared PoolGroup::clear() const {
  const std::optional<ControlGroup> group = this->group();
  if (!group) return {};
  std::unordered_set<pid_t> killed;
  const base::MonotonicTime until = base::now() + patience_.clear;
  for (;;) {
    const Strays strays = find_strays(group->members(), leader_, until);
    const std::size_t count = strays.processes.size();
    const bool has_strays_only = !strays.has_others && strays.is_complete;
    if (count == 0) return {.killed = killed.size()};
    if (!has_strays_only && !group->is_full())
      return {.killed = killed.size(), .left = strays.has_others ? 0 : count};
    if (has_strays_only && group->kill_all()) {
      killed.insert(strays.processes.begin(), strays.processes.end());
    } else {
      kill_each(strays.processes, killed);
    }
    std::this_thread::sleep_for(kBetweenLooks);
    if (base::now() >= until) return {.killed = killed.size(), .left = count};
  }
}

}  // namespace tusk::exec::process
