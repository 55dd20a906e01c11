#include "app/development/watch_globs.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <sys/stat.h>

namespace tusk::app::development {

namespace {

constexpr std::string_view kDefault = "default";
constexpr std::string_view kSources =
    "**/*.{php,phtml,inc,twig,latte,tpl,mustache,yaml,yml,neon,toml,xml,xlf,po,mo,ini,json,html,"
    "htm,css,js,mjs}";
constexpr std::array<std::string_view, 6> kMoreSources = {"**/.env*",
                                                          "vendor/autoload.php",
                                                          "vendor/composer/*.php",
                                                          "composer.lock",
                                                          "**/*.svg",
                                                          "**/*.{png,jpg,jpeg,gif,webp,avif,ico}"};
// Files that applications write themselves while they run.
constexpr std::array<std::string_view, 6> kWrittenByApplications = {
    "var/**", "storage/**", "bootstrap/cache/**", "cache/**", "tmp/**", "**/cache/**"};
constexpr std::array<std::string_view, 8> kNeverEntered = {
    ".git", ".hg", ".svn", ".idea", ".vscode", ".fleet", "node_modules", "vendor"};

bool is_directory(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_below(std::string_view path, std::string_view base) {
  return path.starts_with(base) && (path.size() == base.size() || base.ends_with('/') ||
                                    path.substr(base.size()).starts_with('/'));
}

std::size_t depth_of(std::string_view path) {
  return static_cast<std::size_t>(std::ranges::count(path, '/'));
}

std::string_view parent_of(std::string_view path) {
  const std::string_view parent = path.substr(0, path.rfind('/'));
  return parent.empty() ? path.substr(0, 1) : parent;
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char byte : text) {
    if (std::string_view("*?[]{},\\").find(byte) != std::string_view::npos) result += '\\';
    result += byte;
  }
  return result;
}

// "/**/" matches one slash, too.
std::string with_optional_directories(std::string_view glob) {
  constexpr std::string_view kAny = "/**/";
  std::string result;
  for (std::size_t at = 0; (at = glob.find(kAny)) != std::string_view::npos;) {
    result.append(glob.substr(0, at)).append("/{**/,}");
    glob.remove_prefix(at + kAny.size());
  }
  return result.append(glob);
}

struct Located {
  std::string base;  // up to the first wildcard
  std::string rest;  // the glob from there on; empty: `base` is all
};

// Resolves "./" and "../" at the beginning.
Located locate(std::string_view glob, std::string_view directory) {
  Located located{.base = std::string(glob.starts_with('/') ? "" : directory), .rest = {}};
  while (located.base.ends_with('/')) located.base.pop_back();
  while (!glob.empty()) {
    const std::size_t slash = glob.find('/');
    const std::string_view segment = glob.substr(0, slash);
    if (segment.find_first_of("*?[{\\") != std::string_view::npos) break;
    if (segment == "..") {
      located.base.erase(std::min(located.base.rfind('/'), located.base.size()));
    } else if (!segment.empty() && segment != ".") {
      located.base.append("/").append(segment);
    }
    glob.remove_prefix(slash == std::string_view::npos ? glob.size() : slash + 1);
  }
  if (located.base.empty()) located.base = "/";
  located.rest = glob;
  return located;
}

// Editors write these beside the file, or under another name first.
bool is_temporary(std::string_view name) {
  constexpr std::array<std::string_view, 8> kEndings = {"~",    ".swp",  ".swo",      ".swx",
                                                        ".tmp", ".part", ".kate-swp", "___"};
  return std::ranges::any_of(kEndings, [&](std::string_view end) { return name.ends_with(end); }) ||
         name == "4913" || name.starts_with(".#") || name.starts_with("#") ||
         name.starts_with(".goutputstream-");
}

}  // namespace

base::Result<WatchGlobs> WatchGlobs::compile(std::span<const std::string> globs,
                                             std::string_view directory,
                                             std::string_view document_root) {
  WatchGlobs watched;
  for (const std::string& glob : globs) {
    const base::Result<void> added = glob == kDefault
                                         ? watched.add_default(directory, document_root)
                                         : watched.add(glob, directory);
    if (!added) return std::unexpected(added.error());
  }
  if (watched.globs_.empty()) return base::fail("watch: no glob says what is watched");
  for (const Glob& glob : watched.globs_) watched.bases_.push_back(glob.base);
  std::ranges::sort(watched.bases_);
  // Those that lie in another one are found from there, unless the way is barred.
  std::vector<std::string>& bases = watched.bases_;
  bases.erase(std::ranges::unique(bases).begin(), bases.end());
  return watched;
}

base::Result<void> WatchGlobs::add_default(std::string_view directory,
                                           std::string_view document_root) {
  base::Result<void> added = add(kSources, directory);
  for (const std::string_view glob : kMoreSources) {
    if (added) added = add(glob, directory);
  }
  for (const std::string_view glob : kWrittenByApplications) {
    if (added) added = add(std::string("!").append(glob), directory);
  }
  if (added && !is_below(document_root, directory)) added = add(kSources, document_root);
  return added;
}

base::Result<void> WatchGlobs::add(std::string_view glob, std::string_view directory) {
  const bool excludes = glob.starts_with('!');
  const std::string_view text = excludes ? glob.substr(1) : glob;
  Located located = locate(text, directory);
  if (located.rest.empty() && (text.ends_with('/') || is_directory(located.base)))
    located.rest = "**";
  const std::string slash = located.base == "/" ? "" : "/";
  std::string whole = escaped(located.base);
  if (!located.rest.empty()) whole += slash + located.rest;
  const base::Result<rules::Glob> read =
      rules::read_glob(with_optional_directories(whole), rules::GlobKind::kPath);
  if (!read) return base::fail("watch: '" + std::string(glob) + "': " + read.error().message);
  base::Result<rules::Pattern> pattern = rules::Pattern::compile("\\A(?:" + read->regex + ")\\z");
  if (!pattern) return base::fail("watch: '" + std::string(glob) + "': " + pattern.error().message);
  if (excludes) {
    excluded_.push_back(std::move(*pattern));
    return {};
  }
  const bool any_depth =
      located.rest.find("**") != std::string::npos || located.rest.find('{') != std::string::npos;
  if (located.rest.empty()) located.base = parent_of(located.base);
  globs_.push_back({.base = std::move(located.base),
                    .depth = any_depth ? 0 : depth_of(whole),
                    .pattern = std::move(*pattern)});
  return {};
}

bool WatchGlobs::is_excluded(std::string_view path) const {
  return std::ranges::any_of(excluded_,
                             [&](const rules::Pattern& pattern) { return pattern.matches(path); });
}

bool WatchGlobs::matches_file(std::string_view path) const {
  if (is_temporary(path.substr(path.rfind('/') + 1)) || is_excluded(path)) return false;
  return std::ranges::any_of(globs_, [&](const Glob& glob) { return glob.pattern.matches(path); });
}

bool WatchGlobs::enters_directory(std::string_view path) const {
  const bool wanted = std::ranges::any_of(globs_, [&](const Glob& glob) {
    if (!is_below(path, glob.base)) return false;
    if (path.size() == glob.base.size()) return true;
    if (glob.depth != 0 && depth_of(path) >= glob.depth) return false;
    std::string_view inside = path.substr(glob.base.size());
    while (!inside.empty()) {
      inside.remove_prefix(inside.starts_with('/') ? 1 : 0);
      const std::string_view segment = inside.substr(0, inside.find('/'));
      if (std::ranges::find(kNeverEntered, segment) != kNeverEntered.end()) return false;
      inside.remove_prefix(segment.size());
    }
    return true;
  });
  // Whether everything in it is excluded, as by "var/**".
  return wanted && !is_excluded(std::string(path).append("/-"));
}

}  // namespace tusk::app::development
