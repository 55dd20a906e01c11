// Site: everything needed to route a request: document root, routes, rules, error pages.
//
// Owner: the DocumentRouter. Thread: the loop; compile() any.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/rule.h"
#include "files/current_root.h"
#include "rules/path_list.h"
#include "rules/rule_set.h"
#include "site/error_pages.h"
#include "site/pool_routes.h"

namespace tusk::site {

// The configuration of routing.
struct RouteSettings {
  std::string index_file{};                // empty: classic
  std::string fallback{};                  // with a leading slash, or empty
  std::vector<std::string> run_scripts{};  // globs, like the next two
  std::vector<std::string> static_only{};
  std::vector<std::string> denied_files{};
  std::vector<config::Rule> rules{};
  std::vector<PoolRoute> pools{};  // besides the default one
  bool list_directories = false;   // if they have no index
};

// The compiled RouteSettings, shared by all requests and all loops.
struct SiteRoutes {
  std::string index_file;
  std::string fallback;
  rules::PathList run_scripts;
  rules::PathList static_only;
  rules::PathList denied_files;
  rules::RuleSet rules;
  PoolRoutes pools;
  bool list_directories = false;

  // On failure returns one line for each mistake.
  static std::expected<SiteRoutes, std::vector<std::string>> compile(const RouteSettings& settings);
};

// There is one Site now. With virtual hosts there will be one for each host;
// DocumentRouter::site_of() is the place where it will be chosen.
struct Site {
  files::CurrentRoot root;
  // Shared: compiled routes are immutable and large, so all loops use the same.
  std::shared_ptr<const SiteRoutes> routes;
  ErrorPages error_pages;
  std::string user{};  // that opens its files: base::process_user()
};

}  // namespace tusk::site
