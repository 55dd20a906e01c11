// SitePlan: the plan of one site.
//
// Thread: any; a value.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/settings.h"
#include "files/document_root.h"
#include "files/file_loader.h"
#include "http/coding/policy.h"
#include "site/https_policy.h"
#include "site/site.h"
#include "site/x_sendfile.h"

namespace tusk::app::plan {

// One site: its root, its routes and rules, its pages, and how its files are sent. A virtual host
// will be one of several.
struct SitePlan {
  std::string document_root;
  files::SymbolicLinks symbolic_links{};
  files::CurrentRoot::Switches root_switches{};
  // Shared by all loops: compiled patterns are immutable, and large.
  std::shared_ptr<const site::SiteRoutes> routes;
  std::string error_pages_dir;
  bool page_for_blank_failure = true;
  site::HttpsPolicy https;
  http::coding::Policy compression;
  files::LoaderSettings file_loader;
  site::XSendfile::Settings x_sendfile;
  std::vector<std::string> warm_up;  // paths or URLs
};

// The routes and rules of a site, not yet compiled.
site::RouteSettings route_settings(const config::Settings& settings);

SitePlan site_plan(const config::Settings& settings,
                   std::shared_ptr<const site::SiteRoutes> routes);

// Opens the document root of a site for one loop.
base::Result<site::Site> open_site(const SitePlan& plan);

}  // namespace tusk::app::plan
