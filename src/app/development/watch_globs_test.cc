#include "app/development/watch_globs.h"

#include <gtest/gtest.h>

#include "base/test_directory.h"

namespace tusk::app::development {
namespace {

class WatchGlobsTest : public testing::Test {
 protected:
  WatchGlobs compile(const std::vector<std::string>& globs) {
    base::Result<WatchGlobs> compiled = WatchGlobs::compile(globs, root_, root_ + "/public");
    EXPECT_TRUE(compiled) << (compiled ? "" : compiled.error().message);
    return std::move(*compiled);
  }
  bool matches(const WatchGlobs& globs, const std::string& name) {
    return globs.matches_file(root_ + "/" + name);
  }
  bool enters(const WatchGlobs& globs, const std::string& name) {
    return globs.enters_directory(root_ + "/" + name);
  }

  base::TestDirectory directory_;
  const std::string root_ = directory_.path();
};

TEST_F(WatchGlobsTest, AGlobIsRelativeToTheWorkingDirectory) {
  const WatchGlobs globs = compile({"src/**/*.php", "./config/*.yaml"});
  EXPECT_EQ(globs.bases(), (std::vector{root_ + "/config", root_ + "/src"}));
  EXPECT_TRUE(matches(globs, "src/a.php"));
  EXPECT_TRUE(matches(globs, "src/deep/er/a.php"));
  EXPECT_FALSE(matches(globs, "a.php"));
  EXPECT_FALSE(matches(globs, "src/a.txt"));
  EXPECT_TRUE(matches(globs, "config/a.yaml"));
  EXPECT_FALSE(matches(globs, "config/x/a.yaml"));
  EXPECT_FALSE(enters(globs, "config/x")) << "nothing in it can match";
  EXPECT_TRUE(enters(globs, "src/x"));
}

TEST_F(WatchGlobsTest, ADirectoryStandsForAllInIt) {
  directory_.write("lib/a.txt", "");
  const WatchGlobs globs = compile({"lib", "later/"});
  EXPECT_TRUE(matches(globs, "lib/a.txt"));
  EXPECT_TRUE(matches(globs, "lib/x/b"));
  EXPECT_TRUE(matches(globs, "later/x"));
}

TEST_F(WatchGlobsTest, AFileStandsForItselfAlone) {
  const WatchGlobs globs = compile({".env", "/etc/[a-b]c"});
  EXPECT_TRUE(matches(globs, ".env"));
  EXPECT_FALSE(matches(globs, "x.env"));
  EXPECT_FALSE(enters(globs, "src"));
  EXPECT_TRUE(globs.matches_file("/etc/ac"));
}

TEST_F(WatchGlobsTest, ParentDirectories) {
  const WatchGlobs globs = compile({"../shared/*.php"});
  const std::string parent = root_.substr(0, root_.rfind('/'));
  EXPECT_TRUE(globs.matches_file(parent + "/shared/a.php"));
}

TEST_F(WatchGlobsTest, AnExclamationMarkExcludes) {
  const WatchGlobs globs = compile({"**/*.php", "!generated/**"});
  EXPECT_TRUE(matches(globs, "a.php"));
  EXPECT_FALSE(matches(globs, "generated/a.php"));
  EXPECT_FALSE(enters(globs, "generated"));
  EXPECT_FALSE(WatchGlobs::compile(std::vector<std::string>{"!x"}, root_, root_));
}

TEST_F(WatchGlobsTest, TheDefaultLeavesOutWhatApplicationsWrite) {
  const WatchGlobs globs = compile({"default"});
  EXPECT_TRUE(matches(globs, "src/Kernel.php"));
  EXPECT_TRUE(matches(globs, ".env.local"));
  EXPECT_TRUE(matches(globs, "public/style.css"));
  EXPECT_TRUE(matches(globs, "vendor/composer/installed.php"));
  EXPECT_FALSE(enters(globs, "vendor/acme"));
  EXPECT_FALSE(enters(globs, "node_modules"));
  EXPECT_FALSE(enters(globs, "packages/x/.git"));
  EXPECT_FALSE(matches(globs, "var/cache/dev/Container.php"));
  EXPECT_FALSE(enters(globs, "storage"));
  EXPECT_FALSE(matches(globs, "bootstrap/cache/packages.php"));
}

TEST_F(WatchGlobsTest, TemporaryFilesOfEditorsDoNotCount) {
  directory_.write("src/a", "");
  const WatchGlobs globs = compile({"src"});
  for (const char* name : {"src/a.php~", "src/.a.php.swp", "src/4913", "src/.#a.php", "src/#a#",
                           "src/a.php___jb_tmp___", "src/.goutputstream-AB"}) {
    EXPECT_FALSE(matches(globs, name)) << name;
  }
}

TEST_F(WatchGlobsTest, AGlobThatIsNotValidIsRefused) {
  const auto compiled = WatchGlobs::compile(std::vector<std::string>{"a[b"}, root_, root_);
  ASSERT_FALSE(compiled);
  EXPECT_NE(compiled.error().message.find("a[b"), std::string::npos);
}

}  // namespace
}  // namespace tusk::app::development
