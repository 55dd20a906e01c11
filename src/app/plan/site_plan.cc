#include "app/plan/site_plan.h"

#include <chrono>
#include <cstdint>
#include <utility>

#include "app/plan/compression.h"
#include "base/process_user.h"

namespace tusk::app::plan {

namespace {

int redirect_status(config::HttpsRedirect redirect) {
  switch (redirect) {
    case config::HttpsRedirect::kOff:
      return 0;
    case config::HttpsRedirect::k301:
      return 301;
    case config::HttpsRedirect::k308:
      return 308;
  }
  return 0;
}

site::HttpsPolicy https_policy(const config::Settings& settings) {
  site::HttpsPolicy policy;
  policy.redirect_status = redirect_status(settings.https_redirect);
  policy.https_port = static_cast<std::uint16_t>(settings.https_redirect_port);
  if (settings.hsts.count() > 0) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(settings.hsts);
    policy.hsts = "max-age=" + std::to_string(seconds.count());
    if (settings.hsts_subdomains) policy.hsts += "; includeSubDomains";
    if (settings.hsts_preload) policy.hsts += "; preload";
  }
  return policy;
}

files::LoaderSettings file_loader_settings(const config::Settings& settings,
                                           const http::coding::Policy& compression) {
  const auto ttl = std::chrono::duration_cast<std::chrono::seconds>(settings.static_cache_ttl);
  return {.memory_file_bytes = settings.file_cache_file_bytes,
          .charset = settings.static_charset == "off" ? std::string() : settings.static_charset,
          .precompressed = settings.precompressed,
          .compression = compression,
          .cache_control = files::CacheControl(ttl, settings.static_immutable)};
}

site::XSendfile::Settings x_sendfile_settings(const config::Settings& settings) {
  site::XSendfile::Settings x_sendfile;
  for (const std::string& location : settings.accel_locations) {
    const std::size_t equals = location.find('=');
    x_sendfile.locations.push_back(
        {.prefix = location.substr(0, equals), .directory = location.substr(equals + 1)});
  }
  x_sendfile.sendfile_roots = settings.sendfile_roots;
  x_sendfile.pool_roots.push_back(
      settings.engine == config::WorkerKind::kProcesses ? settings.worker_chroot : std::string());
  for (const config::Pool& pool : settings.pools) x_sendfile.pool_roots.push_back(pool.chroot);
  x_sendfile.links = settings.follow_symlinks;
  x_sendfile.user = base::process_user();
  return x_sendfile;
}

std::vector<site::PoolRoute> pool_routes(const config::Settings& settings) {
  std::vector<site::PoolRoute> routes;
  for (const config::Pool& pool : settings.pools) {
    routes.push_back({.name = pool.name,
                      .where = pool.where,
                      .script = pool.script,
                      .script_name = config::script_name(pool, settings.document_root),
                      .match = pool.match});
  }
  return routes;
}

}  // namespace

site::RouteSettings route_settings(const config::Settings& settings) {
  return {.index_file = settings.index_file,
          .fallback = settings.fallback,
          .run_scripts = settings.run_scripts,
          .static_only = settings.static_only,
          .denied_files = settings.denied_files,
          .rules = settings.rules,
          .pools = pool_routes(settings),
          .list_directories = settings.directory_listing};
}

SitePlan site_plan(const config::Settings& settings,
                   std::shared_ptr<const site::SiteRoutes> routes) {
  SitePlan plan;
  plan.document_root = settings.document_root;
  plan.symbolic_links = settings.follow_symlinks;
  plan.routes = std::move(routes);
  plan.error_pages_dir = settings.error_pages_dir;
  plan.page_for_blank_failure = settings.error_page_for_empty_500;
  plan.https = https_policy(settings);
  plan.compression = compression_policy(settings);
  plan.file_loader = file_loader_settings(settings, plan.compression);
  plan.x_sendfile = x_sendfile_settings(settings);
  plan.warm_up = settings.warm_up;
  return plan;
}

base::Result<site::Site> open_site(const SitePlan& plan) {
  base::Result<files::CurrentRoot> root =
      files::CurrentRoot::open(plan.document_root, plan.symbolic_links, plan.root_switches);
  if (!root) return std::unexpected(root.error());
  return site::Site{.root = std::move(*root),
                    .routes = plan.routes,
                    .error_pages = site::ErrorPages(plan.error_pages_dir),
                    .user = base::process_user()};
}

}  // namespace tusk::app::plan
