#include "config/file/toml_pools.h"

#include <algorithm>
#include <string_view>

#include "config/field.h"
#include "config/file/pool_keys.h"
#include "config/names/suggestion.h"
#include "config/option_table.h"
#include "config/value.h"

namespace tusk::config::file {
namespace {

using Line = toml::source_index;

constexpr std::string_view kHow = "pools are written as [[pool]], each with its keys below it";

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_name(std::string_view name) {
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

class PoolReader {
 public:
  PoolReader(const std::string& path, const Report& error)
      : path_(path), directory_(directory_of(path)), error_(error) {}

  std::optional<Pool> read(const toml::table& table) {
    ok_ = true;
    pool_ = {};
    const Line line = table.source().begin.line;
    pool_.where = path_ + ":" + std::to_string(line);
    for (const auto& [key, node] : table) take(key, node);
    if (ok_) check_whole(line);
    return ok_ ? std::optional(pool_) : std::nullopt;
  }

 private:
  void take(const toml::key& key, const toml::node& node) {
    const std::string_view name = key.str();
    const Line line = key.source().begin.line;
    if (name == "name") {
      take_name(line, node);
    } else if (name == "script") {
      take_path(line, name, node, pool_.script);
    } else if (name == "mode") {
      take_mode(line, node);
    } else if (name == "engine") {
      take_as("engine", line, name, node, &Settings::engine, pool_.engine);
    } else if (name == "php_host") {
      take_path(line, name, node, pool_.php_host);
    } else if (name == "user") {
      pool_.user = text_of(line, name, node);
    } else if (name == "group") {
      pool_.group = text_of(line, name, node);
    } else if (name == "cgroup") {
      pool_.cgroup = text_of(line, name, node);
    } else if (name == "seccomp") {
      take_as("worker_seccomp", line, name, node, &Settings::worker_seccomp, pool_.seccomp);
    } else if (name == "chroot") {
      take_path(line, name, node, pool_.chroot);
    } else if (name == "match") {
      take_match(line, node);
    } else if (name == "warm_up") {
      take_warm_up(line, node);
    } else if (name == "env") {
      take_environment(line, node);
    } else if (name == "php") {
      take_directives(line, node);
    } else if (name == "cooling") {
      take_cooling(line, node);
    } else {
      take_limit(line, name, node);
    }
  }

  // A value with the range of a process-wide option.
  void take_limit(Line line, std::string_view name, const toml::node& node) {
    if (name == "workers") {
      take_as("php_workers", line, name, node, &Settings::php_workers, pool_.workers);
    } else if (name == "min") {
      take_as("php_workers", line, name, node, &Settings::php_workers, pool_.min);
    } else if (name == "max") {
      take_as("php_workers", line, name, node, &Settings::php_workers, pool_.max);
    } else if (name == "queue") {
      take_as("queue_capacity", line, name, node, &Settings::queue_capacity, pool_.queue);
    } else if (name == "queue_timeout") {
      take_as("queue_timeout", line, name, node, &Settings::queue_timeout, pool_.queue_timeout);
    } else if (name == "request_timeout") {
      take_as("request_timeout", line, name, node, &Settings::request_timeout,
              pool_.request_timeout);
    } else if (name == "request_cpu_timeout") {
      take_as("request_cpu_timeout", line, name, node, &Settings::request_cpu_timeout,
              pool_.request_cpu_timeout);
    } else if (name == "max_requests") {
      take_as("worker_max_requests", line, name, node, &Settings::worker_max_requests,
              pool_.max_requests);
    } else if (name == "max_memory") {
      take_as("worker_memory_limit", line, name, node, &Settings::worker_memory_limit,
              pool_.max_memory);
    } else if (name == "cgroup_memory_max") {
      take_as("worker_cgroup_memory_max", line, name, node, &Settings::worker_cgroup_memory_max,
              pool_.cgroup_memory_max);
    } else if (name == "cgroup_cpu_max") {
      take_as("worker_cgroup_cpu_max", line, name, node, &Settings::worker_cgroup_cpu_max,
              pool_.cgroup_cpu_max);
    } else if (name == "cgroup_pids_max") {
      take_as("worker_cgroup_pids_max", line, name, node, &Settings::worker_cgroup_pids_max,
              pool_.cgroup_pids_max);
    } else {
      unknown(line, name);
    }
  }

  template <class T>
  void take_as(std::string_view option, Line line, std::string_view name, const toml::node& node,
               T Settings::* field, std::optional<T>& target) {
    const auto text = scalar_text(node);
    if (!text) return error(line, mine(name) + " must be one value");
    Settings scratch;
    const auto done = assign(scratch, option_named(option), *text, directory_);
    if (!done) return error(line, mine(name) + ": " + done.error().message);
    target = scratch.*field;
  }

  void unknown(Line line, std::string_view name) {
    std::vector<names::Name> known;
    for (const std::string_view key : kPoolKeys)
      known.push_back({.known = std::string(key), .answer = std::string(key)});
    for (const auto& [other, key] : kOtherPoolNames)
      known.push_back({.known = std::string(other), .answer = std::string(key)});
    error(line,
          "unknown key '" + std::string(name) + "' in a pool" + names::did_you_mean(name, known));
  }

  // Not empty, without control characters; empty: that was an error.
  std::string text_of(Line line, std::string_view name, const toml::node& node) {
    const auto* text = node.as_string();
    if (text == nullptr || text->get().empty()) {
      error(line, mine(name) + " must be text, and not empty");
    } else if (has_control_character(text->get())) {
      error(line, mine(name) + " contains a control character");
    } else {
      return text->get();
    }
    return {};
  }

  void take_name(Line line, const toml::node& node) {
    pool_.name = text_of(line, "name", node);
    if (pool_.name.empty()) return;
    if (pool_.name == kDefaultPool) {
      error(line,
            "the pool 'default' is always there: its options are php_workers, "
            "queue_capacity and so on");
    } else if (!is_name(pool_.name) || pool_.name.size() > kMaxPoolNameBytes) {
      error(line, "'" + pool_.name + "' is not the name of a pool: at most " +
                      std::to_string(kMaxPoolNameBytes) + " letters, digits, _, - and .");
    }
  }

  void take_path(Line line, std::string_view name, const toml::node& node, std::string& target) {
    const std::string path = text_of(line, name, node);
    if (!path.empty()) target = absolute_path(path, directory_);
  }

  void take_mode(Line line, const toml::node& node) {
    const std::string mode = text_of(line, "mode", node);
    if (mode.empty()) return;
    Settings scratch;
    const auto done = assign(scratch, option_named("resident_mode"), mode, directory_);
    if (!done) return error(line, mine("mode") + ": " + done.error().message);
    pool_.mode = scratch.resident_mode;
  }

  void take_match(Line line, const toml::node& node) {
    const auto add = [&](const toml::node& element) {
      std::string glob = text_of(line, "match", element);
      if (glob.empty()) return;
      if (!glob.starts_with('/') && !glob.starts_with("{/") && !glob.starts_with("**"))
        return error(line, "'" + glob + "' in a pool's match must begin with a slash: /" + glob);
      pool_.match.push_back(std::move(glob));
    };
    const toml::array* list = node.as_array();
    if (list == nullptr) return add(node);
    if (list->empty()) error(line, mine("match") + " must not be empty");
    for (const toml::node& element : *list) add(element);
  }

  void take_warm_up(Line line, const toml::node& node) {
    const auto add = [&](const toml::node& element) {
      const std::string page = text_of(line, "warm_up", element);
      if (!page.empty()) pool_.warm_up.push_back(page);
    };
    const toml::array* list = node.as_array();
    if (list == nullptr) return add(node);
    for (const toml::node& element : *list) add(element);
  }

  void take_cooling(Line line, const toml::node& node) {
    constexpr std::chrono::hours kMost{24};
    const auto text = scalar_text(node);
    if (!text) return error(line, mine("cooling") + " must be one value");
    const auto time = parse_duration(*text);
    if (!time) return error(line, mine("cooling") + ": " + time.error().message);
    if (*time < std::chrono::seconds(1) || *time > kMost)
      return error(line, mine("cooling") + ": '" + *text + "' is out of range: from 1s to 24h");
    pool_.cooling = *time;
  }

  // Values may be secret, so no message quotes one.
  void take_environment(Line line, const toml::node& node) {
    const toml::table* table = node.as_table();
    if (table == nullptr)
      return error(line, mine("env") + " must be a table: env = { NAME = \"value\" }");
    for (const auto& [key, value] : *table) {
      const std::string name(key.str());
      const Line at = key.source().begin.line;
      const auto text = scalar_text(value);
      if (name.empty() || name.find('=') != std::string::npos || has_control_character(name)) {
        error(at, "a pool's env has a name that is empty or contains = or a control character");
      } else if (!text) {
        error(at, "the variable " + name + " of a pool must be text, a number or true or false");
      } else if (text->find('\0') != std::string::npos) {
        error(at, "the variable " + name + " of a pool contains a zero byte");
      } else {
        pool_.environment.emplace_back(name, *text);
      }
    }
  }

  void take_directives(Line line, const toml::node& node) {
    const toml::table* table = node.as_table();
    if (table == nullptr)
      return error(line, mine("php") + " must be a table: php = { memory_limit = \"256M\" }");
    Settings scratch;
    read_directives(
        *table, [&](Line at, const std::string& message) { error(at, message); },
        [](const std::string& name) {
          const std::string word = lower(name);
          return word == "extension" || word == "zend_extension"
                     ? name + " holds for the whole process: write it in [php]"
                     : std::string();
        },
        [&](const Directive& directive) {
          const auto done = assign(scratch, option_named("php"), directive.text, directory_);
          if (!done) error(directive.line, mine("php") + ": " + done.error().message);
        });
    pool_.directives = std::move(scratch.php);
  }

  // The mistakes of keys that do not go together.
  void check_whole(Line line) {
    if (pool_.name.empty()) return error(line, "a pool must have a name");
    const std::string pool = "the pool '" + pool_.name + "' ";
    if (pool_.script.empty() && pool_.match.empty())
      return error(line, pool +
                             "needs a script, match or both: nothing says which requests are "
                             "its own");
    if (pool_.script.empty() && !pool_.warm_up.empty())
      return error(line, pool + "has warm_up without a script, which would answer the pages");
    if (pool_.script.empty() && pool_.mode == ScriptMode::kRewind)
      return error(line, pool + "has mode = \"rewind\" without a script, whose boot is kept");
    if (pool_.engine == WorkerKind::kThreads && pool_.mode == ScriptMode::kRewind)
      return error(line, pool + "has mode = \"rewind\", which needs engine = \"processes\"");
    if (pool_.engine == WorkerKind::kThreads && !pool_.php_host.empty())
      return error(line, pool + "has php_host, which needs engine = \"processes\"");
    if (pool_.engine == WorkerKind::kThreads && !(pool_.user + pool_.group).empty())
      return error(line, pool + "has a user or group, which needs engine = \"processes\"");
    if (pool_.engine == WorkerKind::kThreads && pool_.has_cgroup())
      return error(line, pool + "has a cgroup, which needs engine = \"processes\"");
    if (pool_.engine == WorkerKind::kThreads &&
        (pool_.seccomp.value_or(Seccomp::kOff) != Seccomp::kOff || !pool_.chroot.empty()))
      return error(line, pool + "has seccomp or chroot, which needs engine = \"processes\"");
    if (pool_.workers && (pool_.min || pool_.max))
      return error(line, pool + "has workers, which is a fixed number, and min or max");
    if (pool_.min && !pool_.max)
      return error(line, pool + "has min without max; for a fixed number write workers");
    if (pool_.cooling && !pool_.max)
      return error(line, pool + "has cooling without max: only workers beyond min end");
    if (!pool_.max) return;
    if (*pool_.max == 0 || pool_.min == 0U)
      return error(line, pool + "needs a worker at least: min and max begin at 1");
    if (pool_.min && *pool_.min > *pool_.max) error(line, pool + "has a larger min than max");
  }

  static std::string mine(std::string_view key) { return "a pool's " + std::string(key); }

  void error(Line line, const std::string& message) {
    ok_ = false;
    error_(line, message);
  }

  const std::string& path_;
  const std::string directory_;
  const Report& error_;
  Pool pool_;
  bool ok_ = true;
};

}  // namespace

std::vector<Pool> read_pools(const toml::node& node, const std::string& path, const Report& error) {
  std::vector<Pool> pools;
  const toml::array* list = node.as_array();
  if (list == nullptr) {
    error(node.source().begin.line, std::string(kHow));
    return pools;
  }
  PoolReader reader(path, error);
  for (const toml::node& element : *list) {
    const toml::table* table = element.as_table();
    if (table == nullptr) {
      error(element.source().begin.line, std::string(kHow));
      continue;
    }
    if (auto pool = reader.read(*table)) pools.push_back(std::move(*pool));
  }
  return pools;
}

}  // namespace tusk::config::file
