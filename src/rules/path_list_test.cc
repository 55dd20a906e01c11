#include "rules/path_list.h"

#include <gtest/gtest.h>

namespace tusk::rules {
namespace {

PathList list(std::vector<std::string> globs,
              PathList::Extent extent = PathList::Extent::kBeneath) {
  auto compiled = PathList::compile(globs, extent);
  EXPECT_TRUE(compiled) << compiled.error().message;
  return compiled ? std::move(*compiled) : PathList();
}

TEST(PathList, TheFirstGlobThatMatchesIsKnown) {
  const PathList some = list({"/up", "*.sql", "*.SQL"});
  EXPECT_EQ(some.first_match("/up/a.php"), "/up");
  EXPECT_EQ(some.first_match("/a/dump.sql"), "*.sql");
  EXPECT_EQ(some.first_match("/a"), "");
  EXPECT_EQ(list({"/up"}, PathList::Extent::kWhole).first_match("/up/a"), "");
}

TEST(PathList, ANameCountsAnywhere) {
  const PathList denied = list({"*~", "#*#", "*.bak", "composer.json", "CVS"});
  for (const char* const path :
       {"/a~", "/x/index.php~", "/#a#", "/x.bak", "/X.BAK", "/a.bak/inside", "/composer.json",
        "/sub/Composer.JSON", "/CVS/Entries", "/x/CVS", "/CVS/"}) {
    EXPECT_TRUE(denied.contains(path)) << path;
  }
  for (const char* const path :
       {"/", "/a~b", "/x.bakery", "/composer.json.html", "/my-composer.json", "/CVS2", "/#a/b#"}) {
    EXPECT_FALSE(denied.contains(path)) << path;
  }
}

TEST(PathList, ASetInANameIgnoresCase) {
  const PathList denied = list({"*.[ab]", "x[!ab]"});
  EXPECT_TRUE(denied.contains("/f.A"));
  EXPECT_TRUE(denied.contains("/Xc"));
  EXPECT_FALSE(denied.contains("/xA"));
}

TEST(PathList, APathCountsWithAllBelowIt) {
  const PathList denied = list({"/data", "/sites/*/files", "{/w,}/cache"});
  for (const char* const path :
       {"/data", "/data/", "/data/a/b", "/sites/default/files/x.php", "/cache/x", "/w/cache"}) {
    EXPECT_TRUE(denied.contains(path)) << path;
  }
  for (const char* const path : {"/database", "/x/data", "/sites/a/b/files", "/DATA"}) {
    EXPECT_FALSE(denied.contains(path)) << path;
  }
}

TEST(PathList, ASlashAtTheEndIsNoOther) {
  const PathList uploads = list({"/uploads/", "/a/*//"});
  for (const char* const path : {"/uploads", "/uploads/", "/uploads/x/y.php", "/a/b", "/a/b/c"}) {
    EXPECT_TRUE(uploads.contains(path)) << path;
  }
  EXPECT_FALSE(uploads.contains("/uploadsx"));
  EXPECT_TRUE(list({"/"}).contains("/anything")) << "the root and all below it";
}

TEST(PathList, AnAlternativeThatEndsWithASlashIsRefused) {
  for (const char* const glob : {"/{uploads/,files/}", "/a{/,b}", "/a/{,b}/"}) {
    const std::vector<std::string> globs = {glob};
    const auto compiled = PathList::compile(globs, PathList::Extent::kBeneath);
    ASSERT_FALSE(compiled) << glob << " would fit the directory, and nothing in it";
    EXPECT_TRUE(compiled.error().message.contains("slash"));
    EXPECT_TRUE(PathList::compile(globs, PathList::Extent::kWhole)) << glob;
  }
}

TEST(PathList, AWholePathCountsAlone) {
  const PathList scripts = list({"/index.php", "/admin/**.php"}, PathList::Extent::kWhole);
  EXPECT_TRUE(scripts.contains("/index.php"));
  EXPECT_FALSE(scripts.contains("/index.php/a"));
  EXPECT_TRUE(scripts.contains("/admin/a/b.php"));
  EXPECT_FALSE(scripts.contains("/other.php"));
}

TEST(PathList, AnEmptyListHoldsNothing) {
  EXPECT_TRUE(list({}).empty());
  EXPECT_FALSE(list({}).contains("/a"));
  EXPECT_FALSE(PathList().contains("/"));
}

TEST(PathList, MistakesNameTheGlob) {
  for (const char* const glob : {"/[a", "a/b", "x{"}) {
    const auto compiled =
        PathList::compile(std::vector<std::string>{"*~", glob}, PathList::Extent::kBeneath);
    ASSERT_FALSE(compiled) << glob;
    EXPECT_NE(compiled.error().message.find(std::string("'") + glob + "'"), std::string::npos);
  }
}

}  // namespace
}  // namespace tusk::rules
