#include "config/preset.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/test_directory.h"
#include "config/option_table.h"
#include "config/output/description.h"
#include "config/test_load.h"

namespace tusk::config {
namespace {

using Strings = std::vector<std::string>;

class PresetTest : public ::testing::Test {
 protected:
  Loaded load(const Strings& args) const { return load_without_errors(args, directory_); }

  base::TestDirectory directory_;
};

TEST_F(PresetTest, EachChoiceHasADefinition) {
  for (const Choice& choice : option_named("preset").choices) {
    const PresetDefinition* const definition = definition_of(static_cast<Preset>(choice.value));
    ASSERT_EQ(definition != nullptr, choice.text != "none") << choice.text;
    if (definition == nullptr) continue;
    EXPECT_EQ(definition->name, choice.text);
    EXPECT_NE(definition->index_file.empty(), definition->fallback.empty()) << choice.text;
  }
}

TEST_F(PresetTest, FillsInWhatWasNotGiven) {
  directory_.write("index.php", "");
  Loaded loaded = load({"--preset=wordpress"});
  EXPECT_EQ(loaded.settings.fallback, "/index.php");
  EXPECT_EQ(to_string(origin_of(loaded, option_named("fallback"))), "preset wordpress");
  EXPECT_EQ(std::ranges::count(loaded.settings.static_only, "/wp-content/uploads"), 1);
  EXPECT_EQ(load({"--preset=laravel"}).settings.index_file, "index.php");
  loaded = load({"--preset=laravel", "--fallback=/index.php"});
  EXPECT_EQ(loaded.settings.index_file, "") << "one excludes the other";
  EXPECT_EQ(load({"--preset=wordpress", "--fallback="}).settings.fallback, "");
}

TEST_F(PresetTest, AddsToLists) {
  const std::size_t usual = load({}).settings.denied_files.size();
  const Settings drupal = load({"--preset=drupal", "--static-only=/mine"}).settings;
  EXPECT_GT(drupal.denied_files.size(), usual);
  EXPECT_EQ(drupal.static_only.front(), "/mine");
  EXPECT_EQ(drupal.static_only.back(), "/sites/*/files");
}

TEST_F(PresetTest, SaysThatItAddsToLists) {
  const auto source = [&](std::vector<std::string> args, std::string_view name) {
    return to_string(origin_of(load(args), option_named(name)));
  };
  EXPECT_EQ(source({"--preset=drupal"}, "run_scripts"), "default, preset drupal adds to it");
  EXPECT_EQ(source({"--preset=drupal", "--static-only=/a"}, "static_only"),
            "flag --static-only, preset drupal adds to it");
  EXPECT_EQ(source({"--preset=wordpress"}, "denied_files"), "default, preset wordpress adds to it");
  EXPECT_EQ(source({"--preset=wordpress"}, "run_scripts"), "default") << "it adds none";
  EXPECT_EQ(source({"--preset=wordpress"}, "php_workers"), "default");
}

TEST_F(PresetTest, RulesThatWereGivenGoFirst) {
  directory_.write("t.toml", "preset = 'dokuwiki'\n[[rules]]\npath = '/a'\ndeny = true\n");
  const Loaded loaded = load({"--config=t.toml"});
  ASSERT_GT(loaded.settings.rules.size(), 2U);
  EXPECT_EQ(loaded.settings.rules[0].path, "/a");
  EXPECT_EQ(loaded.settings.rules[1].where, "preset dokuwiki");
  directory_.write("again.toml", output::to_toml(loaded));
  Settings again = load({"--config=again.toml"}).settings;
  again.config_file = loaded.settings.config_file;
  EXPECT_EQ(again.rules.size(), loaded.settings.rules.size());
  EXPECT_EQ(again.denied_files, loaded.settings.denied_files);
}

TEST_F(PresetTest, TheProjectIsNotForThePublic) {
  directory_.write("app/artisan", "");
  directory_.write("app/composer.json", "");
  directory_.write("app/public/index.php", "");
  const Loaded loaded = load({"--preset=laravel", "--root=app"});
  EXPECT_EQ(loaded.settings.document_root, directory_.path() + "/app/public");
  ASSERT_EQ(loaded.warnings.size(), 1U);
  EXPECT_EQ(loaded.warnings[0], "--root: " + directory_.path() +
                                    "/app is the project's directory, which is not public: " +
                                    directory_.path() + "/app/public is served instead");
  EXPECT_EQ(load({"--preset=laravel", "--root=app/public"}).warnings, Strings{});
  // The project's directory is not public, even if it has an index.php.
  directory_.write("app/index.php", "");
  EXPECT_EQ(load({"--preset=laravel", "--root=app"}).settings.document_root,
            directory_.path() + "/app/public");
  EXPECT_EQ(load({"--root=app"}).settings.document_root, directory_.path() + "/app");
}

}  // namespace
}  // namespace tusk::config
