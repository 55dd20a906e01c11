#include "config/pool.h"

#include <filesystem>
#include <system_error>

#include "config/file/toml_table.h"
#include "config/settings.h"
#include "config/value.h"

namespace tusk::config {
namespace {

using file::toml_string;
using file::TomlTable;

void add_count(TomlTable& table, std::string_view key, const std::optional<std::uint64_t>& value) {
  if (value) table.add(key, std::to_string(*value));
}

void add_time(TomlTable& table, std::string_view key,
              const std::optional<std::chrono::milliseconds>& value) {
  if (value) table.add(key, toml_string(format_duration(*value)));
}

std::string table_of(const std::vector<PhpDirective>& directives) {
  std::string table;
  for (const PhpDirective& directive : directives) {
    table += (table.empty() ? "" : ", ") + toml_string(directive.name) + " = " +
             toml_string(directive.value);
  }
  return "{ " + table + " }";
}

std::string_view engine_name(WorkerKind kind) {
  switch (kind) {
    case WorkerKind::kAutomatic:
      return "auto";
    case WorkerKind::kThreads:
      return "threads";
    case WorkerKind::kProcesses:
      return "processes";
  }
  return {};
}

std::string below(std::string_view path, std::string_view directory) {
  while (directory.ends_with('/')) directory.remove_suffix(1);
  if (!path.starts_with(directory) || path.size() <= directory.size() + 1 ||
      path[directory.size()] != '/')
    return {};
  return std::string(path.substr(directory.size()));
}

}  // namespace

std::uint64_t all_workers(const Settings& settings) {
  std::uint64_t workers = settings.php_workers;
  for (const Pool& pool : settings.pools) workers += pool.max.value_or(settings.php_workers);
  return workers;
}

std::string script_name(const Pool& pool, const std::string& document_root) {
  namespace fs = std::filesystem;
  if (pool.script.empty()) return {};
  const std::string written = below(fs::path(pool.script).lexically_normal().native(),
                                    fs::path(document_root).lexically_normal().native());
  if (!written.empty()) return written;
  std::error_code failed;
  const fs::path script = fs::weakly_canonical(pool.script, failed);
  if (failed) return {};
  const fs::path root = fs::weakly_canonical(document_root, failed);
  return failed ? std::string() : below(script.native(), root.native());
}

std::string to_toml(const Pool& pool, std::string_view separator) {
  TomlTable table(separator);
  table.add("name", toml_string(pool.name));
  table.add_text("script", pool.script);
  if (pool.mode == ScriptMode::kRewind) table.add("mode", toml_string("rewind"));
  if (pool.engine) table.add("engine", toml_string(engine_name(*pool.engine)));
  table.add_text("php_host", pool.php_host);
  table.add_text("user", pool.user);
  table.add_text("group", pool.group);
  table.add_text("cgroup", pool.cgroup);
  if (pool.cgroup_memory_max.value_or(0) != 0)
    table.add("cgroup_memory_max", toml_string(format_bytes(*pool.cgroup_memory_max)));
  if (pool.cgroup_cpu_max.value_or(0) != 0) add_count(table, "cgroup_cpu_max", pool.cgroup_cpu_max);
  if (pool.cgroup_pids_max.value_or(0) != 0)
    add_count(table, "cgroup_pids_max", pool.cgroup_pids_max);
  if (pool.seccomp.value_or(Seccomp::kOff) != Seccomp::kOff)
    table.add("seccomp", toml_string(*pool.seccomp == Seccomp::kNoExec ? "no-exec" : "default"));
  table.add_text("chroot", pool.chroot);
  table.add_list("match", pool.match);
  if (pool.min == pool.max) {
    add_count(table, "workers", pool.max);
  } else {
    add_count(table, "min", pool.min);
    add_count(table, "max", pool.max);
    add_time(table, "cooling", pool.cooling);
  }
  add_count(table, "queue", pool.queue);
  add_time(table, "queue_timeout", pool.queue_timeout);
  add_time(table, "request_timeout", pool.request_timeout);
  add_time(table, "request_cpu_timeout", pool.request_cpu_timeout);
  add_count(table, "max_requests", pool.max_requests);
  if (pool.max_memory) table.add("max_memory", toml_string(format_bytes(*pool.max_memory)));
  table.add_list("warm_up", pool.warm_up);
  if (!pool.directives.empty()) table.add("php", table_of(pool.directives));
  return table.take();
}

std::string comparable_text(const Pool& pool) {
  std::string text = to_toml(pool);
  for (const auto& [name, value] : pool.environment) {
    text.append(1, '\0').append(name).append("=").append(value);
  }
  return text;
}

}  // namespace tusk::config
