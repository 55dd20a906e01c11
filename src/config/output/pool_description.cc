#include "config/output/pool_description.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/file/toml_string.h"

namespace tusk::config::output {
namespace {

std::string line(std::string_view name, std::uint64_t min, std::uint64_t max, std::uint64_t queue) {
  const std::string workers = min == max ? std::to_string(max) : fmt::format("{} to {}", min, max);
  return fmt::format("pool {}: {} {}, queue of {}", name, workers, max == 1 ? "worker" : "workers",
                     queue);
}

}  // namespace

std::string redacted_environment(const Pool& pool) {
  std::string table;
  for (const auto& [name, value] : pool.environment) {
    table += (table.empty() ? "" : ", ") + file::toml_string(name) + " = \"(redacted)\"";
  }
  return table.empty() ? table : "env = { " + table + " }";
}

std::string pool_summary(const Settings& settings) {
  if (settings.pools.empty()) return {};
  std::string text =
      line(kDefaultPool, settings.php_workers, settings.php_workers, settings.queue_capacity) +
      ", all other scripts\n";
  for (const Pool& pool : settings.pools) {
    text += line(pool.name, pool.min.value_or(0), pool.max.value_or(0), pool.queue.value_or(0));
    if (!pool.script.empty()) text += ", resident script " + pool.script;
    if (!pool.match.empty()) text += fmt::format(", for {}", fmt::join(pool.match, " "));
    text += '\n';
  }
  return text;
}

}  // namespace tusk::config::output
