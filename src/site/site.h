// Site: everything that a request is routed by: a document root, its routes, its rules, its error
// pages. One now; with virtual hosts there is one for each, and DocumentRouter::site_of() is where
// a request's is chosen.
//
// Owner: the DocumentRouter. Thread: the loop, but for compile(), which is any thread's.
#pragma once

#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "config/rule.h"
#include "files/current_root.h"
#include "rules/path_list.h"
#include "rules/rule_set.h"
#include "site/error_pages.h"

namespace tusk::site {

// As configured.
struct RouteSettings {
  std::string index_file{};                // empty: classic
  std::string fallback{};                  // with a leading slash, or empty
  std::vector<std::string> run_scripts{};  // globs, as those below
  std::vector<std::string> static_only{};
  std::vector<std::string> denied_files{};
  std::vector<config::Rule> rules{};
  bool list_directories = false;  // those without an index
};

// Compiled. Of a Route there is one for each request; these are what it is made by.
struct SiteRoutes {
  std::string index_file;
  std::string fallback;
  rules::PathList run_scripts;
  rules::PathList static_only;
  rules::PathList denied_files;
  rules::RuleSet rules;
  bool list_directories = false;

  // Fails with a line for each mistake.
  static std::expected<SiteRoutes, std::vector<std::string>> compile(const RouteSettings& settings);
};

struct Site {
  files::CurrentRoot root;
  SiteRoutes routes;
  ErrorPages error_pages;
  std::string user{};  // as whom its files are asked for: base::process_user()
};

}  // namespace tusk::site
