#include "config/checks/pool_checks.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <string>
#include <string_view>

#include <sys/stat.h>
#include <unistd.h>

#include "base/permission.h"
#include "config/checks/confinement_checks.h"
#include "config/checks/findings.h"
#include "config/checks/missing_account.h"
#include "config/checks/missing_path.h"
#include "config/checks/site_checks.h"
#include "config/option_table.h"

namespace tusk::config::checks {

namespace {

void report(Loaded& loaded, const Pool& pool, const std::string& message,
            Blame blame = Blame::kUse) {
  loaded.errors.push_back(
      {.message = pool.where + ": " + message, .wrong_use = blame == Blame::kUse});
}

void check_names(Loaded& loaded) {
  std::map<std::string_view, const Pool*> first;
  for (const Pool& pool : loaded.settings.pools) {
    const auto [same, added] = first.emplace(pool.name, &pool);
    if (added) continue;
    const std::string& other = same->second->where;
    report(loaded, pool,
           pool.by_option ? "makes a pool with the name 'resident', which " + other + " has too"
                          : "the pool '" + pool.name + "' is there already: " + other);
  }
}

void check_script(Loaded& loaded, const Pool& pool) {
  const std::string& script = pool.script;
  if (script.empty()) return;
  const std::string begin = "the script of the pool '" + pool.name + "': " + script;
  struct stat status{};
  if (::stat(script.c_str(), &status) != 0) {
    const int number = errno;
    report(loaded, pool,
           begin + ": " + base::denial_text(script, F_OK, number) + missing_hint(script),
           Blame::kMachine);
  } else if (!S_ISREG(status.st_mode)) {
    report(loaded, pool, begin + " is not a file", Blame::kMachine);
  } else if (const int number = base::access_error(script, R_OK); number != 0) {
    report(loaded, pool, begin + ": " + base::denial_text(script, R_OK, number), Blame::kMachine);
  } else if (pool.match.empty() && script_name(pool, loaded.settings.document_root).empty()) {
    loaded.warnings.push_back(pool.where + ": " + begin + " is outside of the document root " +
                              loaded.settings.document_root +
                              ", so no request is routed to it; [[pool]] has match for that");
  }
}

void check_mode(Loaded& loaded, const Pool& pool) {
  if (pool.mode != ScriptMode::kRewind) return;
  if (loaded.settings.resident_doctor)
    loaded.warnings.push_back(pool.where + ": resident_doctor has no effect on the pool '" +
                              pool.name +
                              "': nothing crosses from one of its requests to the next");
}

std::string missing_account(const std::string& user, const std::string& group) {
  const std::string missing = missing_user(user);
  return missing.empty() ? missing_group(group) : missing;
}

void check_user(Loaded& loaded, const Pool& pool) {
  if (pool.user == loaded.settings.worker_user && pool.group == loaded.settings.worker_group)
    return;  // told of the options
  if (const std::string missing = missing_account(pool.user, pool.group); !missing.empty())
    report(loaded, pool, "the pool '" + pool.name + "': " + missing, Blame::kMachine);
}

void check_worker_user(Loaded& loaded) {
  const Settings& settings = loaded.settings;
  if (settings.worker_user.empty() && settings.worker_group.empty()) return;
  const std::string_view name = settings.worker_user.empty() ? "worker_group" : "worker_user";
  if (const std::string missing = missing_account(settings.worker_user, settings.worker_group);
      !missing.empty())
    error(loaded, name, missing, Blame::kMachine);
  const bool any_processes = settings.engine == WorkerKind::kProcesses ||
                             std::ranges::any_of(settings.pools, [](const Pool& pool) {
                               return pool.engine == WorkerKind::kProcesses;
                             });
  if (!any_processes)
    warning(loaded, name, "has no effect: only worker processes have a user of their own");
}

void check_warm_up_of(Loaded& loaded, const Pool& pool) {
  for (const std::string& page : pool.warm_up) {
    if (is_page(page)) continue;
    report(loaded, pool,
           "warm_up of the pool '" + pool.name + "': '" + page +
               "' is neither a path such as /up nor a URL");
  }
}

}  // namespace

void check_pools(Loaded& loaded) {
  const Settings& settings = loaded.settings;
  // As many as workers is what tusk config writes where the option is not given.
  if (settings.resident.empty() && settings.resident_workers != settings.php_workers &&
      origin_of(loaded, option_named("resident_workers")).kind != Origin::Kind::kDefault)
    warning(loaded, "resident_workers", "has no effect without resident");
  if (settings.resident.empty() && !settings.resident_warm_up.empty())
    warning(loaded, "resident_warm_up", "has no effect without resident");
  if (settings.resident.empty() && settings.resident_mode == ScriptMode::kRewind)
    warning(loaded, "resident_mode", "has no effect without resident");
  const bool is_resident =
      std::ranges::any_of(settings.pools, [](const Pool& pool) { return !pool.script.empty(); });
  if (settings.resident_doctor)
    warning(loaded, "resident_doctor",
            is_resident ? "is for development: it makes each request of a resident script slow"
                        : "has no effect without a resident script");
  check_worker_user(loaded);
  check_confinement(loaded);
  if (settings.pools.empty()) return;
  check_names(loaded);
  for (const Pool& pool : settings.pools) {
    check_script(loaded, pool);
    check_mode(loaded, pool);
    check_user(loaded, pool);
    check_warm_up_of(loaded, pool);
  }
  if (settings.pools.size() > kMaxPools) {
    report(loaded, settings.pools[kMaxPools],
           "more than " + std::to_string(kMaxPools) + " pools besides the default one");
  }
  if (const std::uint64_t workers = all_workers(settings); workers > kMaxPoolWorkers) {
    report(loaded, settings.pools.back(),
           "all pools together have " + std::to_string(workers) + " workers; at most " +
               std::to_string(kMaxPoolWorkers) + " are possible");
  }
}

}  // namespace tusk::config::checks
