#include "site/pool_routes.h"

#include <utility>

namespace tusk::site {
namespace {

// `script` is "ROOT/index.php" and `script_name` is "/index.php". The root that was configured may
// be a link, but the name below it is the same.
bool is_script(const PoolRoute& pool, std::string_view root, std::string_view script_name) {
  if (!pool.script_name.empty() && pool.script_name == script_name) return true;
  return pool.script.size() == root.size() + script_name.size() && pool.script.starts_with(root) &&
         pool.script.ends_with(script_name);
}

}  // namespace

std::expected<PoolRoutes, std::vector<std::string>> PoolRoutes::compile(
    const std::vector<PoolRoute>& routes) {
  PoolRoutes compiled;
  std::vector<std::string> errors;
  for (const PoolRoute& route : routes) {
    auto match = rules::PathList::compile(route.match, rules::PathList::Extent::kWhole);
    if (match) {
      compiled.pools_.push_back({.route = route, .match = std::move(*match)});
    } else {
      errors.push_back(route.where + ": the match of the pool '" + route.name +
                       "': " + match.error().message);
    }
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return compiled;
}

std::uint16_t PoolRoutes::of_script(std::string_view path, std::string_view root,
                                    std::string_view script_name) const {
  std::uint16_t number = 0;
  for (const Entry& pool : pools_) {
    ++number;
    const bool fits =
        pool.match.empty() ? is_script(pool.route, root, script_name) : pool.match.contains(path);
    if (fits) return number;
  }
  return 0;
}

std::uint16_t PoolRoutes::of_unanswered(std::string_view path) const {
  std::uint16_t number = 0;
  for (const Entry& pool : pools_) {
    ++number;
    if (pool.match.empty() || !pool.match.contains(path)) continue;
    return pool.replaces_script() ? number : std::uint16_t{0};
  }
  return 0;
}

}  // namespace tusk::site
