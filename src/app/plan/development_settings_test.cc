#include "app/plan/development_settings.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace tusk::app::plan {
namespace {

TEST(DevelopmentSettings, ChangeNothingWithoutWatchOrHotReload) {
  config::Settings settings;
  settings.compression = {"br"};
  EXPECT_EQ(development_settings(settings), settings);
}

TEST(DevelopmentSettings, WatchTurnsOffWhatHidesAChange) {
  config::Settings settings;
  settings.watch = {"src"};
  settings.compression = {"br"};
  settings.file_cache_validity = std::chrono::seconds(1);
  settings.php = {{.name = "opcache.revalidate_freq", .value = "7"}};
  const config::Settings changed = development_settings(settings);
  EXPECT_EQ(changed.watch, settings.watch);
  EXPECT_EQ(changed.compression, settings.compression);
  EXPECT_EQ(changed.file_cache_validity.count(), 0);
  const auto value_of = [&](std::string_view name) {
    const auto found = std::ranges::find(changed.php, name, &config::PhpDirective::name);
    return found == changed.php.end() ? "none" : found->value;
  };
  EXPECT_EQ(value_of("opcache.revalidate_freq"), "7") << "the operator's own";
  EXPECT_EQ(value_of("opcache.validate_timestamps"), "1");
}

TEST(DevelopmentSettings, HotReloadWatchesAndDoesNotCompress) {
  config::Settings settings;
  settings.hot_reload = true;
  settings.compression = {"br"};
  settings.precompressed = true;
  const config::Settings changed = development_settings(settings);
  EXPECT_EQ(changed.watch, std::vector<std::string>{"default"});
  EXPECT_EQ(changed.compression, std::vector<std::string>{"off"});
  EXPECT_FALSE(changed.precompressed);
}

}  // namespace
}  // namespace tusk::app::plan
