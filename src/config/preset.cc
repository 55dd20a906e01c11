#include "config/preset.h"

#include <algorithm>
#include <array>

#include <sys/stat.h>

namespace tusk::config {
namespace {

// Built at first use: tests and `tusk config` may never need it.
const std::array<PresetDefinition, 7>& definitions() {
  static const std::array<PresetDefinition, 7> all = {{
      {
          .preset = Preset::kWordpress,
          .name = "wordpress",
          .index_file = "",
          .fallback = "/index.php",
          .public_directory = "",
          .project_file = "",
          .run_scripts = {},
          // Directories that people and plugins write to. Scripts of plugins and themes run,
          // because browsers request them.
          .static_only = {"/wp-content/uploads", "/wp-content/blogs.dir", "/wp-content/cache",
                          "/wp-content/upgrade", "/wp-content/upgrade-temp-backup",
                          "/wp-admin/includes", "/wp-includes/theme-compat"},
          .denied_files = {"/wp-content/debug.log", "/wp-content/backup*", "/wp-content/ai1wm*",
                           "/wp-content/updraft"},
          // A network of sites in subdirectories: /second/wp-admin/ is the shared wp-admin.
          .rewrites = {{"^/[_0-9a-zA-Z-]+(/wp-(?:content|admin|includes)(?:/.*)?)$", "$1", true},
                       {"^/[_0-9a-zA-Z-]+(/wp-[a-z-]+\\.php)$", "$1", true}},
      },
      {
          .preset = Preset::kLaravel,
          .name = "laravel",
          .index_file = "index.php",
          .fallback = "",
          .public_directory = "public",
          .project_file = "artisan",
          .run_scripts = {},
          .static_only = {},
          .denied_files = {},
          .rewrites = {},
      },
      {
          .preset = Preset::kSymfony,
          .name = "symfony",
          .index_file = "index.php",
          .fallback = "",
          .public_directory = "public",
          .project_file = "bin/console",
          .run_scripts = {},
          .static_only = {},
          .denied_files = {},
          .rewrites = {},
      },
      {
          .preset = Preset::kDrupal,
          .name = "drupal",
          .index_file = "",
          .fallback = "/index.php",
          .public_directory = "web",
          .project_file = "",
          .run_scripts = {"/index.php", "/update.php", "/core/install.php", "/core/authorize.php",
                          "/core/rebuild.php", "/core/modules/statistics/statistics.php"},
          .static_only = {"/sites/*/files"},
          .denied_files = {"*.engine", "*.install", "*.make", "*.module", "*.profile", "*.po",
                           "*.sh", "*.theme", "*.tpl", "*.twig", "*.xtmpl", "*.yml", "/vendor",
                           "/config", "/sites/*/private", "/sites/*/files/config_*"},
          .rewrites = {},
      },
      {
          .preset = Preset::kMediawiki,
          .name = "mediawiki",
          .index_file = "",
          .fallback = "/index.php",
          .public_directory = "",
          .project_file = "",
          // The wiki may be in a directory of its own beside its short links.
          .run_scripts = {"{/w,}/{index,api,rest,load,thumb,thumb_handler,img_auth}.php",
                          "{/w,}/opensearch_desc.php", "{/w,}/mw-config/index.php"},
          .static_only = {"{/w,}/images"},
          .denied_files = {"{/w,}/cache", "{/w,}/docs", "{/w,}/images/deleted",
                           "{/w,}/images/lockdir", "{/w,}/images/temp", "{/w,}/includes",
                           "{/w,}/languages", "{/w,}/maintenance", "{/w,}/serialized", "{/w,}/sql",
                           "{/w,}/tests", "{/w,}/vendor"},
          .rewrites = {},
      },
      {
          .preset = Preset::kDokuwiki,
          .name = "dokuwiki",
          .index_file = "",
          .fallback = "/doku.php",
          .public_directory = "",
          .project_file = "",
          .run_scripts = {},
          .static_only = {"/lib/images", "/lib/styles", "/lib/scripts"},
          .denied_files = {"/bin", "/conf", "/data", "/inc", "/vendor", "/COPYING", "/README",
                           "/VERSION"},
          // DokuWiki's userewrite = 1. Scripts send media files, because they check access. Its own
          // directories are not names of pages.
          .rewrites = {{"^/(?:bin|conf|data|inc|vendor)(?:/|$)", "", false},
                       {"^/$", "/doku.php", false},
                       {"^/_media/(.*)$", "/lib/exe/fetch.php?media=$1", false},
                       {"^/_detail/(.*)$", "/lib/exe/detail.php?media=$1", false},
                       {"^/_export/([^/]+)/(.*)$", "/doku.php?do=export_$1&id=$2", false},
                       {"^/(.*)$", "/doku.php?id=$1", true}},
      },
      {
          .preset = Preset::kSpa,
          .name = "spa",
          .index_file = "index.html",
          .fallback = "",
          .public_directory = "",
          .project_file = "",
          .run_scripts = {},
          .static_only = {},
          .denied_files = {},
          .rewrites = {},
      },
  }};
  return all;
}

bool is_there(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

void append(std::vector<std::string>& list, const std::vector<std::string_view>& more) {
  for (const std::string_view text : more) {
    if (std::ranges::find(list, text) == list.end()) list.emplace_back(text);
  }
}

}  // namespace

const PresetDefinition* definition_of(Preset preset) {
  const auto found = std::ranges::find(definitions(), preset, &PresetDefinition::preset);
  return found == definitions().end() ? nullptr : &*found;
}

void add_lists(Settings& settings, const PresetDefinition& definition) {
  append(settings.run_scripts, definition.run_scripts);
  append(settings.static_only, definition.static_only);
  append(settings.denied_files, definition.denied_files);
  for (const PresetDefinition::Rewrite& rewrite : definition.rewrites) {
    Rule rule;
    rule.where = "preset " + std::string(definition.name);
    rule.regex = rewrite.regex;
    rule.rewrite = rewrite.to;
    if (rewrite.to.empty()) rule.deny_status = 404;
    rule.missing = rewrite.missing;
    settings.rules.push_back(std::move(rule));
  }
}

std::string public_directory_of(const std::string& root, const PresetDefinition& definition) {
  if (definition.public_directory.empty()) return {};
  const std::string index = "/index.php";
  const std::string candidate = root + "/" + std::string(definition.public_directory);
  if (!is_there(candidate + index)) return {};
  const std::string project_file(definition.project_file);
  const bool is_project =
      !is_there(root + index) || (!project_file.empty() && is_there(root + "/" + project_file));
  return is_project ? candidate : std::string();
}

}  // namespace tusk::config
