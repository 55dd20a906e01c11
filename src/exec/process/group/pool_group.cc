#include "exec/process/group/pool_group.h"

#include <algorithm>
#include <csignal>
#include <fstream>

#include "exec/process/group/strays.h"
#include "exec/process/host_link.h"

namespace tusk::exec::process {

using base::process::ControlGroup;
using base::process::ControlGroupTree;

namespace {

// Thousandths of the group's limit that a worker seems to use beyond what it does.
constexpr int kPreference = 500;
constexpr int kMostPreference = 1000;

// While they end, they may still fork others.
constexpr int kMostPasses = 50;

}  // namespace

base::Result<void> PoolGroup::make() {
  if (!settings_.any()) return {};
  base::Result<ControlGroup> made =
      ControlGroup::make(settings_, ControlGroupTree::of_machine(leader_));
  if (!made) return std::unexpected(made.error());
  const base::MutexLock lock(mutex_);
  const bool is_first = !group_;
  group_ = std::move(*made);
  // What has happened in it before is not ours.
  if (is_first) explained_ = group_->oom_kills().value_or(0);
  return {};
}

base::Result<void> PoolGroup::add(pid_t host) const {
  const base::MutexLock lock(mutex_);
  return group_ ? group_->add(host) : base::Result<void>();
}

void PoolGroup::remove() const {
  const base::MutexLock lock(mutex_);
  if (group_) group_->remove();
}

// Whoever may not raise it loses a preference only.
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

std::string PoolGroup::explain(const std::string& how) {
  if (how != ending_text(SIGKILL)) return how;
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

std::size_t PoolGroup::kill_strays() const {
  const base::MutexLock lock(mutex_);
  if (!group_ || !group_->is_full()) return 0;
  std::size_t killed = 0;
  for (int pass = 0; pass < kMostPasses; ++pass) {
    const std::vector<pid_t> strays = find_strays(group_->members());
    if (strays.empty()) break;
    for (const pid_t stray : strays) {
      if (::kill(stray, SIGKILL) == 0 && pass == 0) ++killed;
    }
  }
  return killed;
}

}  // namespace tusk::exec::process
