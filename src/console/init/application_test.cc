#include "console/init/application.h"

#include <gtest/gtest.h>

#include "base/test_directory.h"

namespace tusk::console::init {
namespace {

class Recognition : public testing::Test {
 protected:
  void write(std::initializer_list<const char*> files) {
    for (const char* const file : files) directory_.write(file, "");
  }
  // "preset document_root", the latter below the directory.
  std::string answer(const std::string& below = {}) {
    const auto application = recognise(directory_.path() + below);
    if (!application) return "nothing";
    std::string root = application->document_root;
    EXPECT_TRUE(root.starts_with(directory_.path())) << root;
    root.erase(0, directory_.path().size());
    return (application->preset.empty() ? "none" : application->preset) + " /" +
           (root.empty() ? "" : root.substr(1)) + application->front_controller;
  }

  base::TestDirectory directory_;
};

TEST_F(Recognition, WordPress) {
  write({"wp-load.php", "wp-includes/version.php", "index.php"});
  EXPECT_EQ(answer(), "wordpress /");
  EXPECT_EQ(answer("/"), "wordpress /");
}

TEST_F(Recognition, Bedrock) {
  write({"web/wp-config.php", "web/wp/wp-load.php", "web/index.php", "composer.json"});
  EXPECT_EQ(answer(), "wordpress /web");
}

TEST_F(Recognition, Laravel) {
  write({"artisan", "public/index.php", "composer.json"});
  EXPECT_EQ(answer(), "laravel /public");
  EXPECT_EQ(answer("/public"), "laravel /public");
  EXPECT_EQ(answer("/public/"), "laravel /public");
}

TEST_F(Recognition, Symfony) {
  write({"bin/console", "public/index.php", "composer.json", "config/bundles.php"});
  EXPECT_EQ(answer(), "symfony /public");
}

TEST_F(Recognition, DrupalOfComposerAndOfAnArchive) {
  write({"core/lib/Drupal.php", "index.php"});
  EXPECT_EQ(answer(), "drupal /");
  write({"web/core/lib/Drupal.php", "web/index.php"});
  EXPECT_EQ(answer(), "drupal /web");
}

TEST_F(Recognition, Wikis) {
  write({"doku.php", "lib/exe/fetch.php", "index.php"});
  EXPECT_EQ(answer(), "dokuwiki /");
  write({"wiki/includes/WebStart.php", "wiki/load.php", "wiki/api.php"});
  EXPECT_EQ(answer("/wiki"), "mediawiki /wiki");
}

TEST_F(Recognition, OtherFrameworksHaveAFrontController) {
  write({"composer.json", "public/index.php"});
  EXPECT_EQ(answer(), "none /publicindex.php");
}

TEST_F(Recognition, APublicDirectoryAloneIsNotSymfony) {
  write({"bin/console", "public/index.php"});
  EXPECT_EQ(answer(), "nothing");
  EXPECT_EQ(answer("/public"), "none /public");
}

TEST_F(Recognition, ScriptsAndFiles) {
  EXPECT_EQ(answer(), "nothing");
  write({"index.html"});
  EXPECT_EQ(recognise(directory_.path())->name, "files");
  write({"index.php"});
  EXPECT_EQ(recognise(directory_.path())->name, "PHP scripts");
}

TEST_F(Recognition, ANamedPresetFindsThePublicPart) {
  write({"public/index.php"});
  EXPECT_EQ(with_preset("laravel", directory_.path()).document_root, directory_.path("public"));
  EXPECT_EQ(with_preset("wordpress", directory_.path()).document_root, directory_.path());
  EXPECT_EQ(with_preset("none", directory_.path()).preset, "");
}

}  // namespace
}  // namespace tusk::console::init
