#include "config/checks/user_checks.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "base/permission.h"
#include "base/process/acting_user.h"
#include "base/process/identity.h"
#include "config/checks/findings.h"
#include "config/checks/missing_account.h"

namespace tusk::config::checks {

namespace {

using base::process::Identity;
using base::process::UserAndGroup;

// The options of a pool that need rights of root.
struct PoolRights {
  std::string name;
  bool is_processes = false;
  UserAndGroup user;
  std::string chroot;
  std::string cgroup;
};

std::vector<PoolRights> rights_of_pools(const Settings& settings) {
  std::vector<PoolRights> all{
      {.name = std::string(kDefaultPool),
       .is_processes = settings.engine == WorkerKind::kProcesses,
       .user = {.user = settings.worker_user, .group = settings.worker_group},
       .chroot = settings.worker_chroot,
       .cgroup = settings.worker_cgroup}};
  for (const Pool& pool : settings.pools) {
    all.push_back({.name = pool.name,
                   .is_processes = pool.engine == WorkerKind::kProcesses,
                   .user = {.user = pool.user, .group = pool.group},
                   .chroot = pool.chroot,
                   .cgroup = pool.cgroup});
  }
  return all;
}

void check_pool(Loaded& loaded, const PoolRights& pool, bool any_threads) {
  const Settings& settings = loaded.settings;
  if (!pool.is_processes) return;
  const bool has_own =
      pool.user.any() && pool.user != UserAndGroup{.user = settings.user, .group = settings.group};
  const std::string begin = "the pool '" + pool.name + "' has a ";
  if (any_threads && (has_own || !pool.chroot.empty()))
    error(loaded, "user",
          begin + (has_own ? "user of its own" : "chroot") +
              ", and other pools run in threads of the server process, which gives up root: set "
              "engine = \"processes\" for all, or leave user out");
  if (!pool.cgroup.empty() && ::geteuid() == 0)
    error(loaded, "user",
          begin + "cgroup, which only root can make: limit the service, or leave user out");
}

bool may_write(const std::string& path) { return base::access_error(path, W_OK) == 0; }

// A script could name root as the user, for the next start or reload.
void check_configuration_file(Loaded& loaded) {
  const Settings& settings = loaded.settings;
  if (settings.config_file.empty() || ::geteuid() != 0) return;
  const base::process::ActingUser acting({.user = settings.user, .group = settings.group});
  if (::geteuid() == 0) return;
  const std::filesystem::path file(settings.config_file);
  const std::filesystem::path directory = file.has_parent_path() ? file.parent_path() : ".";
  struct stat status{};
  const bool may_replace = ::stat(directory.c_str(), &status) == 0 &&
                           (status.st_mode & S_ISVTX) == 0 && may_write(directory.string());
  if (may_replace || may_write(file.string()))
    warning(loaded, "user",
            "scripts of this user can change " + file.string() +
                ", and become root by it: let only root write to the file and to its directory");
}

}  // namespace

void check_user(Loaded& loaded) {
  const Settings& settings = loaded.settings;
  if (settings.user.empty()) {
    if (!settings.group.empty()) error(loaded, "group", "needs user");
    return;
  }
  if (const std::string missing = missing_group(settings.group); !missing.empty())
    return error(loaded, "group", missing, Blame::kMachine);
  const base::Result<Identity> identity =
      base::process::identity_of({.user = settings.user, .group = settings.group});
  if (!identity) return error(loaded, "user", identity.error().message, Blame::kMachine);
  if (identity->user == 0U) return;
  check_configuration_file(loaded);
  if (settings.executor == Executor::kStub) return;
  const std::vector<PoolRights> pools = rights_of_pools(settings);
  const bool any_threads = !std::ranges::all_of(pools, &PoolRights::is_processes);
  for (const PoolRights& pool : pools) check_pool(loaded, pool, any_threads);
  if (settings.preload == Preload::kAuto && settings.preload_file.empty() && ::geteuid() == 0)
    warning(loaded, "user",
            "cannot write the list of preload = \"auto\" where it is for root: set preload_file, "
            "in a directory of this user");
}

}  // namespace tusk::config::checks
