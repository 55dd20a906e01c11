#include "console/init/application.h"

#include <filesystem>
#include <system_error>
#include <vector>

namespace tusk::console::init {

namespace {

namespace fs = std::filesystem;

// An application is recognised by files that all of its installations have, and no other one.
struct Signs {
  std::string_view name;
  std::string_view preset;
  std::string_view public_directory;  // beside the files; empty: the directory itself
  std::vector<std::string_view> files;
};

// The first that fits is taken: those that are built with another one's framework come before it.
const std::vector<Signs>& known_applications() {
  static const std::vector<Signs> all = {
      {"WordPress (Bedrock)", "wordpress", "web", {"web/wp-config.php", "web/wp/wp-load.php"}},
      {"WordPress", "wordpress", "", {"wp-load.php", "wp-includes/version.php"}},
      {"Drupal", "drupal", "web", {"web/core/lib/Drupal.php", "web/index.php"}},
      {"Drupal", "drupal", "docroot", {"docroot/core/lib/Drupal.php", "docroot/index.php"}},
      {"Drupal", "drupal", "", {"core/lib/Drupal.php", "index.php"}},
      {"MediaWiki", "mediawiki", "", {"includes/WebStart.php", "load.php", "api.php"}},
      {"DokuWiki", "dokuwiki", "", {"doku.php", "lib/exe/fetch.php"}},
      {"Laravel", "laravel", "public", {"artisan", "public/index.php"}},
      {"Symfony", "symfony", "public", {"bin/console", "public/index.php", "symfony.lock"}},
      {"Symfony", "symfony", "public", {"bin/console", "public/index.php", "config/bundles.php"}},
  };
  return all;
}

bool is_file(const fs::path& path) {
  std::error_code failed;
  return fs::is_regular_file(path, failed);
}

bool fits(const Signs& signs, const fs::path& directory) {
  for (const std::string_view file : signs.files) {
    if (!is_file(directory / file)) return false;
  }
  return true;
}

// Without a slash at the end, so that its last part is its name.
fs::path tidy(const std::string& directory) {
  fs::path path = fs::path(directory).lexically_normal();
  return path.has_filename() || !path.has_relative_path() ? path : path.parent_path();
}

Application made(const Signs& signs, const fs::path& directory) {
  const fs::path root =
      signs.public_directory.empty() ? directory : directory / signs.public_directory;
  return {.name = std::string(signs.name),
          .preset = std::string(signs.preset),
          .document_root = root.string()};
}

std::optional<Application> known(const fs::path& directory) {
  for (const Signs& signs : known_applications()) {
    if (fits(signs, directory)) return made(signs, directory);
    // A person may have named the public part: the files are then beside it.
    if (!signs.public_directory.empty() && directory.filename() == signs.public_directory &&
        fits(signs, directory.parent_path()))
      return made(signs, directory.parent_path());
  }
  return std::nullopt;
}

}  // namespace

std::optional<Application> recognise(const std::string& directory) {
  const fs::path path = tidy(directory);
  if (auto application = known(path)) return application;
  // Most frameworks: a project with a public part, in which one script answers everything.
  for (const char* const part : {"public", "web", "www", "htdocs"}) {
    const fs::path root = path / part;
    if (is_file(root / "index.php") && is_file(path / "composer.json"))
      return Application{.name = "an application with a front controller",
                         .preset = {},
                         .document_root = root.string(),
                         .front_controller = "index.php"};
  }
  if (is_file(path / "index.php"))
    return Application{.name = "PHP scripts", .preset = {}, .document_root = path.string()};
  if (is_file(path / "index.html"))
    return Application{.name = "files", .preset = {}, .document_root = path.string()};
  return std::nullopt;
}

Application with_preset(std::string_view preset, const std::string& directory) {
  const fs::path path = tidy(directory);
  for (const Signs& signs : known_applications()) {
    if (signs.preset == preset && fits(signs, path)) return made(signs, path);
  }
  for (const Signs& signs : known_applications()) {
    if (signs.preset == preset && !signs.public_directory.empty() &&
        is_file(path / signs.public_directory / "index.php"))
      return made(signs, path);
  }
  return {.name = std::string(preset),
          .preset = preset == "none" ? std::string() : std::string(preset),
          .document_root = path.string()};
}

}  // namespace tusk::console::init
