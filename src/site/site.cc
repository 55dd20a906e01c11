#include "site/site.h"

#include <span>
#include <string_view>

namespace tusk::site {
namespace {

using rules::PathList;

void compile_list(std::string_view name, const std::vector<std::string>& globs,
                  PathList::Extent extent, PathList& out, std::vector<std::string>& errors) {
  base::Result<PathList> list = PathList::compile(globs, extent);
  if (list) {
    out = std::move(*list);
  } else {
    errors.push_back(std::string(name) + ": " + list.error().message);
  }
}

}  // namespace

std::expected<SiteRoutes, std::vector<std::string>> SiteRoutes::compile(
    const RouteSettings& settings) {
  SiteRoutes routes;
  routes.index_file = settings.index_file;
  routes.fallback = settings.fallback;
  routes.list_directories = settings.list_directories;
  std::vector<std::string> errors;
  auto rules = rules::RuleSet::compile(settings.rules);
  if (rules) {
    routes.rules = std::move(*rules);
  } else {
    errors = std::move(rules.error());
  }
  compile_list("run_scripts", settings.run_scripts, PathList::Extent::kWhole, routes.run_scripts,
               errors);
  compile_list("static_only", settings.static_only, PathList::Extent::kBeneath, routes.static_only,
               errors);
  compile_list("denied_files", settings.denied_files, PathList::Extent::kBeneath,
               routes.denied_files, errors);
  auto pools = PoolRoutes::compile(settings.pools);
  if (pools) {
    routes.pools = std::move(*pools);
  } else {
    errors.insert(errors.end(), pools.error().begin(), pools.error().end());
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return routes;
}

}  // namespace tusk::site
