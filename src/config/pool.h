// Pool: a pool of the configuration, besides the default one.
//
// Thread: any; values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/process/seccomp.h"
#include "config/choices.h"
#include "config/php_directive.h"

namespace tusk::config {

using base::process::Seccomp;

struct Settings;

// The name of the pool that is always there, and of the one that --resident makes.
inline constexpr std::string_view kDefaultPool = "default";
inline constexpr std::string_view kResidentPool = "resident";

inline constexpr std::size_t kMaxPools = 32;             // besides the default one
inline constexpr std::size_t kMaxPoolNameBytes = 32;     // letters, digits, "_", "-" and "."
inline constexpr std::uint64_t kMaxPoolWorkers = 4096;   // of all pools together
inline constexpr std::chrono::seconds kPoolCooling{60};  // the default

// One [[pool]] entry of the configuration file, or the pool of --resident. load() gives each member
// that was not given the value of the process-wide option, so that all optionals have one.
struct Pool {
  std::string where{};     // "/etc/tusk.toml:12" or "--resident", for messages and tusk route
  bool by_option = false;  // made by --resident
  std::string name{};      // unique
  std::string script{};    // absolute path of the resident script; empty: none
  ScriptMode mode = ScriptMode::kResident;
  std::optional<WorkerKind> engine{};  // not kAutomatic, once load() has filled it
  std::string php_host{};              // with processes: absolute path of the program
  std::string user{};                  // of its processes; empty: the server's
  std::string group{};
  std::string cgroup{};                              // of its processes; empty: the server's
  std::optional<std::uint64_t> cgroup_memory_max{};  // 0, of these three: any
  std::optional<std::uint64_t> cgroup_cpu_max{};     // in percent of one processor
  std::optional<std::uint64_t> cgroup_pids_max{};
  std::optional<Seccomp> seccomp{};
  std::string chroot{};              // absolute; empty: the server's root directory
  std::vector<std::string> match{};  // globs of whole paths

  std::optional<std::uint64_t> workers{};  // a fixed number; load() turns it to min and max
  std::optional<std::uint64_t> min{};
  std::optional<std::uint64_t> max{};
  std::optional<std::chrono::milliseconds> cooling{};  // before a worker beyond `min` ends
  std::optional<std::uint64_t> queue{};                // requests that may wait
  std::optional<std::chrono::milliseconds> queue_timeout{};
  std::optional<std::chrono::milliseconds> request_timeout{};      // 0: any time
  std::optional<std::chrono::milliseconds> request_cpu_timeout{};  // 0: any time
  std::optional<std::uint64_t> max_requests{};                     // 0: any number
  std::optional<std::uint64_t> max_memory{};                       // 0: any

  std::vector<std::string> warm_up{};  // paths or URLs that the script answers before it serves

  // The values may be secret: nothing shows or logs them.
  std::vector<std::pair<std::string, std::string>> environment{};
  std::vector<PhpDirective> directives{};

  bool has_cgroup() const {
    return !cgroup.empty() || cgroup_memory_max || cgroup_cpu_max || cgroup_pids_max;
  }

  bool operator==(const Pool&) const = default;
};

// The number of workers that all pools have together, the default one too, when each has its most.
std::uint64_t all_workers(const Settings& settings);

// The path of the pool's script below the document root, with a leading slash; empty: it is outside
// of it, or there is no script. Symbolic links are followed where the names alone do not show it.
std::string script_name(const Pool& pool, const std::string& document_root);

// The pool's keys as TOML, without its header [[pool]]. The environment is a comment with the names
// alone.
std::string to_toml(const Pool& pool, std::string_view separator = ", ");

// A text that differs wherever two pools do. It contains the environment's values, so it is for
// comparisons only.
std::string comparable_text(const Pool& pool);

}  // namespace tusk::config
