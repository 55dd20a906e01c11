#include "config/load.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "config/checks/advice.h"
#include "config/checks/foreign_value.h"
#include "config/checks/validation.h"
#include "config/environment.h"
#include "config/field.h"
#include "config/file/included_files.h"
#include "config/flags.h"
#include "config/option_table.h"
#include "config/preset.h"

namespace tusk::config {
namespace {

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

// Keeps php_origins parallel to settings.php, after `directive` was added there.
void note_directive(Loaded& loaded, std::string_view directive, const Origin& origin) {
  const auto& php = loaded.settings.php;
  const auto entry = std::ranges::find_if(
      php, [&](const PhpDirective& put) { return put.name + "=" + put.value == directive; });
  TUSK_CHECK(entry != php.end());
  loaded.php_origins.resize(php.size());
  loaded.php_origins[static_cast<std::size_t>(entry - php.begin())] = origin;
}

void refuse(Loaded& loaded, const Option& option, std::string message) {
  loaded.errors.push_back({.message = std::move(message)});
  loaded.unusable.push_back(&option);
}

void apply(Loaded& loaded, const Assignment& assignment, const std::string& base_directory) {
  const Option& option = *assignment.option;
  clear_list(loaded.settings, option);
  loaded.origins[index_of(option)] = assignment.origin;
  if (assignment.texts.empty() && option.type == Type::kAddressList)
    refuse(loaded, option, prefix(option, assignment.origin) + "has no address");
  for (const std::string& text : assignment.texts) {
    const auto done = assign(loaded.settings, option, text, base_directory);
    if (!done) {
      const std::string message = option.secret ? "is not valid" : done.error().message;
      refuse(loaded, option, prefix(option, assignment.origin) + message);
    } else if (option.type == Type::kDirectives) {
      note_directive(loaded, text, assignment.origin);
    }
  }
}

// True: no option can take the value, and the variable most likely belongs to another program.
bool is_of_others(Loaded& loaded, const Assignment& assignment, const std::string& base_directory) {
  const Option& option = *assignment.option;
  if (!is_common_name(assignment.origin.where)) return false;
  Settings tried = loaded.settings;
  for (const std::string& text : assignment.texts) {
    const auto done = assign(tried, option, text, base_directory);
    if (done) continue;
    loaded.warnings.push_back(checks::disowned_text(
        option, assignment.origin, option.secret ? "is not valid" : done.error().message));
    return true;
  }
  return false;
}

void apply_environment(Loaded& loaded, const std::vector<Assignment>& assignments,
                       const std::string& base_directory) {
  for (const Assignment& assignment : assignments) {
    if (!is_of_others(loaded, assignment, base_directory))
      apply(loaded, assignment, base_directory);
  }
}

void apply_all(Loaded& loaded, const std::vector<Assignment>& assignments,
               const std::string& base_directory) {
  for (const Assignment& assignment : assignments) apply(loaded, assignment, base_directory);
}

Loaded with_defaults(const std::string& working_directory) {
  Loaded loaded;
  loaded.origins.resize(option_table().size());
  for (const Option& option : option_table()) {
    if (option.type == Type::kDirectives) continue;
    Assignment assignment{.option = &option, .origin = {}, .texts = {}};
    if (option.separator != '\0') {
      assignment.texts = split_list(option.default_text, option.separator);
    } else {
      assignment.texts.emplace_back(option.default_text);
    }
    apply(loaded, assignment, working_directory);
  }
  // A default that its own option refuses is a mistake in the table.
  TUSK_CHECK(loaded.errors.empty());
  return loaded;
}

// The assignment that names the configuration file: a flag, else a variable, else null.
const Assignment* naming_of_file(const std::vector<Assignment>& flags,
                                 const std::vector<Assignment>& environment) {
  const Option* option = &option_named("config_file");
  for (const auto* assignments : {&flags, &environment}) {
    const auto given = std::ranges::find(*assignments, option, &Assignment::option);
    if (given != assignments->end()) return &*given;
  }
  return nullptr;
}

// False: the file could not be understood, so values may be missing.
bool apply_file(Loaded& loaded, const Assignment& naming, const Sources& sources) {
  if (naming.texts.front().empty()) return true;
  const std::string path = absolute_path(naming.texts.front(), sources.working_directory);
  file::ConfigurationFiles all =
      sources.file_text ? file::parse_files(*sources.file_text, path) : file::read_files(path);
  loaded.file_text = std::move(all.text);
  bool understood = true;
  for (file::ConfigurationFile& file : all.files) {
    file::FileContent& content = file.content;
    loaded.incomplete = loaded.incomplete || !content.errors.empty();
    understood = understood && content.understood;
    std::ranges::move(content.errors, std::back_inserter(loaded.errors));
    std::ranges::move(content.rules, std::back_inserter(loaded.settings.rules));
    std::ranges::move(content.pools, std::back_inserter(loaded.settings.pools));
    apply_all(loaded, content.assignments, directory_of(file.path));
  }
  return understood;
}

// Fills in what was not given. Given rules come before the preset's.
void apply_preset(Loaded& loaded) {
  Settings& settings = loaded.settings;
  const PresetDefinition* const definition = definition_of(settings.preset);
  if (definition == nullptr) return;
  const auto origin = [&](std::string_view name) -> Origin& {
    return loaded.origins[index_of(option_named(name))];
  };
  const auto fill = [&](std::string_view name, std::string& value, std::string_view preset) {
    if (preset.empty()) return;
    value = preset;
    origin(name) = {.kind = Origin::Kind::kPreset, .where = std::string(definition->name)};
  };
  // index_file and fallback exclude each other: if either was given, the preset sets neither.
  if (origin("index_file").kind == Origin::Kind::kDefault &&
      origin("fallback").kind == Origin::Kind::kDefault) {
    fill("index_file", settings.index_file, definition->index_file);
    fill("fallback", settings.fallback, definition->fallback);
  }
  const Settings given = settings;
  add_lists(settings, *definition);
  const auto note_addition = [&](std::string_view name,
                                 const std::vector<std::string> Settings::* list) {
    if (given.*list != settings.*list) origin(name).added_by = definition->name;
  };
  note_addition("run_scripts", &Settings::run_scripts);
  note_addition("static_only", &Settings::static_only);
  note_addition("denied_files", &Settings::denied_files);
  const std::string directory = public_directory_of(settings.document_root, *definition);
  if (directory.empty()) return;
  loaded.warnings.push_back(
      prefix(option_named("document_root"), origin("document_root")) + settings.document_root +
      " is the project's directory, which is not public: " + directory + " is served instead");
  settings.document_root = directory;
}

// Chooses by USE_STUB, then USE_EXT, then EXECUTOR. A source of higher rank overrides a lower one,
// so that --executor ext is obeyed whatever the environment says.
void choose_executor(Loaded& loaded) {
  struct Candidate {
    bool decides;
    const Option& option;
    Executor executor;
  };
  Settings& settings = loaded.settings;
  const Candidate candidates[] = {
      {settings.use_stub, option_named("use_stub"), Executor::kStub},
      {settings.use_ext, option_named("use_ext"), Executor::kExt},
      {true, option_named("executor"), settings.executor},
  };
  const Candidate* best = nullptr;
  for (const Candidate& candidate : candidates) {
    if (!candidate.decides) continue;
    if (best == nullptr ||
        origin_of(loaded, candidate.option).kind > origin_of(loaded, best->option).kind)
      best = &candidate;
  }
  settings.executor = best->executor;
  loaded.origins[index_of(option_named("executor"))] = origin_of(loaded, best->option);
}

// 443 if no listener speaks TLS: then a proxy in front does.
std::uint64_t automatic_https_port(const Settings& settings) {
  for (const Address& address : settings.listen) {
    const bool known = address.kind == Address::Kind::kTcp && address.port != 0;
    if (known && address.speaks_tls(settings.has_certificate())) return address.port;
  }
  return 443;
}

void fill_automatic(Loaded& loaded, const machine::Machine& machine) {
  Settings& settings = loaded.settings;
  const auto fill = [&](std::string_view name, std::uint64_t& value, std::uint64_t automatic) {
    if (value != 0) return;
    value = automatic;
    loaded.origins[index_of(option_named(name))].automatic = true;
  };
  if (settings.engine == WorkerKind::kAutomatic) {
    settings.engine = machine.has_embedded_php ? WorkerKind::kThreads : WorkerKind::kProcesses;
    loaded.origins[index_of(option_named("engine"))].automatic = true;
  }
  fill("php_workers", settings.php_workers, machine::automatic_workers(machine));
  fill("max_lost_workers", settings.max_lost_workers, settings.php_workers);
  fill("process_max_lost_workers", settings.process_max_lost_workers,
       settings.max_lost_workers + 1);
  fill("lost_workers_per_client", settings.lost_workers_per_client,
       machine::automatic_lost_workers_per_client(settings.max_lost_workers));
  fill("queue_capacity", settings.queue_capacity,
       machine::automatic_queue_capacity(settings.php_workers));
  fill("resident_workers", settings.resident_workers, settings.php_workers);
  fill("https_redirect_port", settings.https_redirect_port, automatic_https_port(settings));
  fill("max_connections", settings.max_connections, machine::automatic_max_connections(machine));
  fill("file_cache_descriptors", settings.file_cache_descriptors,
       machine::automatic_file_descriptors(machine));
  fill("max_connections_per_client", settings.max_connections_per_client,
       machine::automatic_connections_per_client(settings.max_connections));
  fill("io_threads", settings.io_threads, machine::automatic_io_threads(machine));
}

void add_resident_pool(Loaded& loaded) {
  const Settings& settings = loaded.settings;
  if (settings.resident.empty()) return;
  const Option& option = option_named("resident");
  std::string where = prefix(option, origin_of(loaded, option));
  where.resize(where.size() - std::string_view(": ").size());
  loaded.settings.pools.push_back({.where = std::move(where),
                                   .by_option = true,
                                   .name = std::string(kResidentPool),
                                   .script = settings.resident,
                                   .mode = settings.resident_mode,
                                   .workers = settings.resident_workers,
                                   .warm_up = settings.resident_warm_up});
}

// The names of cgroups where the configuration gives none.
constexpr std::string_view kCommonCgroup = "workers";
constexpr std::string_view kCgroupOfPool = "pool-";

void name_common_cgroup(Settings& settings) {
  if (settings.worker_cgroup.empty() && settings.worker_cgroup_memory_max +
                                                settings.worker_cgroup_cpu_max +
                                                settings.worker_cgroup_pids_max !=
                                            0)
    settings.worker_cgroup = kCommonCgroup;
}

// A pool with one of these keys has a cgroup of its own, with its own limits.
void fill_cgroup(Pool& pool, const Settings& settings) {
  const bool has_own = pool.has_cgroup();
  if (!has_own) {
    pool.cgroup = settings.worker_cgroup;
  } else if (pool.cgroup.empty()) {
    pool.cgroup.append(kCgroupOfPool).append(pool.name);
  }
  const auto fill = [&](std::optional<std::uint64_t>& limit, std::uint64_t of_all) {
    if (!limit) limit = has_own ? std::uint64_t{0} : of_all;
  };
  fill(pool.cgroup_memory_max, settings.worker_cgroup_memory_max);
  fill(pool.cgroup_cpu_max, settings.worker_cgroup_cpu_max);
  fill(pool.cgroup_pids_max, settings.worker_cgroup_pids_max);
}

// The memory of threads cannot be put back, and they have neither a host nor a user of their own.
void fill_engine(Pool& pool, const Settings& settings) {
  const bool has_user = !pool.user.empty() || !pool.group.empty();
  if (pool.engine.value_or(WorkerKind::kAutomatic) == WorkerKind::kAutomatic) {
    const bool needs_processes = pool.mode == ScriptMode::kRewind || !pool.php_host.empty() ||
                                 has_user || pool.has_cgroup() ||
                                 pool.seccomp.value_or(Seccomp::kOff) != Seccomp::kOff ||
                                 !pool.chroot.empty();
    pool.engine = needs_processes ? WorkerKind::kProcesses : settings.engine;
  }
  if (pool.engine != WorkerKind::kProcesses) return;
  if (pool.php_host.empty()) pool.php_host = settings.php_host;
  fill_cgroup(pool, settings);
  if (!pool.seccomp) pool.seccomp = settings.worker_seccomp;
  if (pool.chroot.empty()) pool.chroot = settings.worker_chroot;
  if (has_user) return;
  pool.user = settings.worker_user;
  pool.group = settings.worker_group;
}

// Gives a pool the values of the process-wide options for those that it does not set.
void fill_pool(Pool& pool, const Settings& settings, bool automatic_queue) {
  const auto fill = [](auto& value, const auto& by_default) {
    if (!value) value = by_default;
  };
  if (pool.max) {
    fill(pool.min, std::uint64_t{1});
  } else {
    const std::uint64_t workers = pool.workers.value_or(0);
    pool.min = pool.max = workers == 0 ? settings.php_workers : workers;
  }
  pool.workers.reset();
  fill_engine(pool, settings);
  fill(pool.cooling, std::chrono::milliseconds(kPoolCooling));
  // 0 is automatic, as for the process.
  if (pool.queue.value_or(0) == 0) {
    pool.queue = automatic_queue || pool.queue ? machine::automatic_queue_capacity(*pool.max)
                                               : settings.queue_capacity;
  }
  fill(pool.queue_timeout, settings.queue_timeout);
  fill(pool.request_timeout, settings.request_timeout);
  fill(pool.request_cpu_timeout, settings.request_cpu_timeout);
  fill(pool.max_requests, settings.worker_max_requests);
  fill(pool.max_memory, settings.worker_memory_limit);
}

void fill_pools(Loaded& loaded) {
  add_resident_pool(loaded);
  name_common_cgroup(loaded.settings);
  const bool automatic_queue = origin_of(loaded, option_named("queue_capacity")).automatic;
  for (Pool& pool : loaded.settings.pools) fill_pool(pool, loaded.settings, automatic_queue);
}

}  // namespace

Loaded load(const Sources& sources) {
  const std::string& here = sources.working_directory;
  Loaded loaded = with_defaults(here);
  Environment environment = parse_environment(sources.environment);
  loaded.warnings = std::move(environment.warnings);

  const Assignment* naming = naming_of_file(sources.flags, environment.assignments);
  loaded.incomplete = sources.incomplete;
  loaded.file_understood = naming == nullptr || apply_file(loaded, *naming, sources);
  apply_environment(loaded, environment.assignments, here);
  apply_all(loaded, sources.flags, here);

  apply_preset(loaded);
  choose_executor(loaded);
  fill_automatic(loaded, sources.machine);
  fill_pools(loaded);
  if (!loaded.file_understood) return loaded;
  checks::validate(loaded, sources.machine);
  checks::advise(loaded);
  return loaded;
}

const Origin& origin_of(const Loaded& loaded, const Option& option) {
  return loaded.origins[index_of(option)];
}

Settings plain_defaults(const std::string& working_directory) {
  return with_defaults(working_directory).settings;
}

Settings default_settings(const machine::Machine& machine) {
  Loaded loaded = with_defaults("");
  fill_automatic(loaded, machine);
  return loaded.settings;
}

}  // namespace tusk::config
