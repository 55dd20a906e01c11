#include "config/checks/confinement_checks.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "base/permission.h"
#include "config/checks/findings.h"
#include "config/checks/missing_path.h"

namespace tusk::config::checks {
namespace {

namespace fs = std::filesystem;

// The processes of one pool, the default one too.
struct Processes {
  std::string where;  // begins a message about them
  std::string cgroup;
  std::array<std::uint64_t, 3> limits;
  std::string chroot;
  std::string user;
  std::string script;
  bool rewinds;
};

const std::string& user_of(const std::string& own, const Settings& settings) {
  return own.empty() ? settings.user : own;
}

std::vector<Processes> processes_of(const Settings& settings) {
  std::vector<Processes> all;
  if (settings.engine == WorkerKind::kProcesses) {
    all.push_back({.where = "the default pool",
                   .cgroup = settings.worker_cgroup,
                   .limits = {settings.worker_cgroup_memory_max, settings.worker_cgroup_cpu_max,
                              settings.worker_cgroup_pids_max},
                   .chroot = settings.worker_chroot,
                   .user = user_of(settings.worker_user, settings),
                   .script = {},
                   .rewinds = false});
  }
  for (const Pool& pool : settings.pools) {
    if (pool.engine != WorkerKind::kProcesses) continue;
    all.push_back({.where = pool.where + ": the pool '" + pool.name + "'",
                   .cgroup = pool.cgroup,
                   .limits = {pool.cgroup_memory_max.value_or(0), pool.cgroup_cpu_max.value_or(0),
                              pool.cgroup_pids_max.value_or(0)},
                   .chroot = pool.chroot,
                   .user = user_of(pool.user, settings),
                   .script = pool.script,
                   .rewinds = pool.mode == ScriptMode::kRewind});
  }
  return all;
}

void report(Loaded& loaded, const std::string& message, Blame blame = Blame::kUse) {
  loaded.errors.push_back({.message = message, .wrong_use = blame == Blame::kUse});
}

// Parts that the kernel, or tusk, has made would be meant.
bool is_cgroup(std::string_view name) {
  if (name.starts_with('/')) name.remove_prefix(1);
  while (!name.empty()) {
    const std::string_view part = name.substr(0, name.find('/'));
    if (part.empty() || part == "." || part == ".." || part == "tusk-main" ||
        part.starts_with("cgroup.") || part.starts_with("memory.") || part.starts_with("cpu.") ||
        part.starts_with("pids."))
      return false;
    const bool is_last = part.size() == name.size();
    name.remove_prefix(is_last ? part.size() : part.size() + 1);
    if (is_last) return true;
  }
  return false;
}

void check_cgroup(Loaded& loaded, const Processes& processes, const std::vector<Processes>& all) {
  if (processes.cgroup.empty()) return;
  if (!is_cgroup(processes.cgroup))
    return report(loaded, processes.where + " has the cgroup '" + processes.cgroup +
                              "': write a name such as shop, or a path such as /tusk/shop");
  for (const Processes& other : all) {
    if (&other == &processes) return;
    if (other.cgroup == processes.cgroup && other.limits != processes.limits)
      return report(loaded, processes.where + " has the cgroup '" + processes.cgroup +
                                "', and other limits for it than " + other.where);
  }
}

bool is_below(const fs::path& path, const fs::path& directory) {
  const auto [end, rest] =
      std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
  return end == directory.end();
}

// With symbolic links or without: the worker knows the directory by both names.
bool is_in(const std::string& path, const std::string& directory) {
  std::error_code failed;
  return is_below(fs::path(path).lexically_normal(), fs::path(directory).lexically_normal()) ||
         is_below(fs::weakly_canonical(path, failed), fs::weakly_canonical(directory, failed));
}

bool is_root(const std::string& user) { return user.empty() || user == "root" || user == "0"; }

void check_chroot(Loaded& loaded, const Processes& processes) {
  if (processes.chroot.empty()) return;
  const std::string begin = processes.where + " has chroot " + processes.chroot;
  struct stat status{};
  if (::stat(processes.chroot.c_str(), &status) != 0) {
    const int number = errno;
    return report(loaded,
                  begin + ": " + base::denial_text(processes.chroot, F_OK, number) +
                      missing_hint(processes.chroot),
                  Blame::kMachine);
  }
  if (!S_ISDIR(status.st_mode))
    return report(loaded, begin + ", which is not a directory", Blame::kMachine);
  if (processes.rewinds)
    report(loaded, begin + ", and mode = \"rewind\", which needs /proc: use one of them");
  if (::geteuid() == 0 && is_root(processes.user))
    report(loaded, begin + " and no user: root can leave it; name a user");
  const std::string& root = loaded.settings.document_root;
  if (!is_in(root, processes.chroot))
    report(loaded, begin + ", in which the document root " + root + " is not");
  if (!processes.script.empty() && !is_in(processes.script, processes.chroot))
    report(loaded, begin + ", in which its script " + processes.script + " is not");
  if (loaded.settings.follow_symlinks == SymbolicLinks::kFollow)
    loaded.warnings.push_back(begin +
                              ": the server, which is outside of it, follows symbolic links that "
                              "scripts make; set follow_symlinks = \"beneath\"");
}

void warn_without_processes(Loaded& loaded) {
  const Settings& settings = loaded.settings;
  const std::pair<std::string_view, bool> confining[] = {
      {"worker_cgroup", !settings.worker_cgroup.empty()},
      {"worker_cgroup_memory_max", settings.worker_cgroup_memory_max != 0},
      {"worker_cgroup_cpu_max", settings.worker_cgroup_cpu_max != 0},
      {"worker_cgroup_pids_max", settings.worker_cgroup_pids_max != 0},
      {"worker_seccomp", settings.worker_seccomp != Seccomp::kOff},
      {"worker_chroot", !settings.worker_chroot.empty()}};
  for (const auto& [name, is_set] : confining) {
    if (is_set) warning(loaded, name, "has no effect: only worker processes can be confined");
  }
}

}  // namespace

void check_confinement(Loaded& loaded) {
  const std::vector<Processes> all = processes_of(loaded.settings);
  if (all.empty()) return warn_without_processes(loaded);
  for (const Processes& processes : all) {
    check_cgroup(loaded, processes, all);
    check_chroot(loaded, processes);
  }
}

}  // namespace tusk::config::checks
