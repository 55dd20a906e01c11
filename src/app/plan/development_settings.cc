#include "app/plan/development_settings.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace tusk::app::plan {

namespace {

struct Directive {
  std::string_view name;
  std::string_view value;
};

constexpr std::array<Directive, 6> kDirectives = {{
    {"opcache.validate_timestamps", "1"},
    {"opcache.revalidate_freq", "0"},
    // The times that OPcache compares are in seconds: code that was written in the second in which
    // it is read must not be kept.
    {"opcache.file_update_protection", "2"},
    // Links may lead elsewhere.
    {"opcache.revalidate_path", "1"},
    {"realpath_cache_size", "0"},
    // Preloaded code stays until the process ends.
    {"opcache.preload", ""},
}};

}  // namespace

bool serves_developer(const config::Settings& settings) {
  return settings.hot_reload || !settings.watch.empty();
}

config::Settings development_settings(config::Settings settings) {
  if (!serves_developer(settings)) return settings;
  if (settings.watch.empty()) settings.watch = {"default"};
  settings.file_cache_validity = {};
  settings.preload = config::Preload::kOff;
  for (const auto& [name, value] : kDirectives) {
    if (std::ranges::find(settings.php, name, &config::PhpDirective::name) == settings.php.end())
      settings.php.push_back({.name = std::string(name), .value = std::string(value)});
  }
  if (settings.hot_reload) {
    // The script is put into what is sent.
    settings.compression = {"off"};
    settings.precompressed = false;
  }
  return settings;
}

}  // namespace tusk::app::plan
