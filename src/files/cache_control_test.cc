#include "files/cache_control.h"

#include <gtest/gtest.h>

namespace tusk::files {
namespace {

using std::chrono::seconds;

constexpr std::string_view kForEver = "public, max-age=31536000, immutable";

TEST(CacheControl, SaysNothingUnlessAsked) {
  EXPECT_EQ(CacheControl().value_for("/app.3f9a1c2b.js"), "");
  EXPECT_EQ(CacheControl(seconds(0), {}).value_for("/a.css"), "");
}

TEST(CacheControl, SaysTheTime) {
  EXPECT_EQ(CacheControl(seconds(3600), {}).value_for("/a.css"), "public, max-age=3600");
  EXPECT_EQ(CacheControl(seconds(3600), {}).value_for("/app.3f9a1c2b.js"), "public, max-age=3600");
}

TEST(CacheControl, HashedNamesNeverChange) {
  const CacheControl rules(seconds(60), {"hashed"});
  EXPECT_EQ(rules.value_for("/build/app.3f9a1c2b.js"), kForEver);
  EXPECT_EQ(rules.value_for("/build/app.js"), "public, max-age=60");
  EXPECT_EQ(CacheControl(seconds(0), {"hashed"}).value_for("/a.css"), "");
}

TEST(CacheControl, GlobsOfNamesAndPaths) {
  const CacheControl rules(seconds(0), {"*.woff2", "/build/*"});
  EXPECT_EQ(rules.value_for("/a/b.woff2"), kForEver);
  EXPECT_EQ(rules.value_for("/build/assets/index-DiwrgTda.js"), kForEver);
  EXPECT_EQ(rules.value_for("/a/build/x.js"), "");
  EXPECT_EQ(rules.value_for("/a.woff"), "");
  EXPECT_EQ(rules.value_for("/app.3f9a1c2b.js"), "");
}

TEST(CacheControl, KnowsHashedNames) {
  for (const char* path :
       {"/app.3f9a1c2b.js", "/main-5d41402abc4b2a76b9719d911017c592.css", "/a/b_0123456789ab.mjs",
        "/app.3f9a1c2b.js.map", "/font-a1b2c3d4.woff2", "/x.min.DEADBEEF01.css"}) {
    EXPECT_TRUE(is_hashed_name(path)) << path;
  }
  for (const char* path :
       {"/app.js", "/app.20241231.js", "/app.1234567.js", "/app.deadbeef.js", "/3f9a1c2b.js",
        "/app.3f9a1c2b", "/avatar.3f9a1c2b.jpg", "/report-3f9a1c2b.pdf", "/app.3f9a1c2g.js",
        "/.3f9a1c2b.js", "/app.3f9a1c2b.js.txt", "/app.3f9a1c2b/x.js", "", "/", "/app.3f9a1c2b.",
        "/jquery-3.7.1.min.js", "/app.map", "/3f9a1c2b.map"}) {
    EXPECT_FALSE(is_hashed_name(path)) << path;
  }
}

}  // namespace
}  // namespace tusk::files
