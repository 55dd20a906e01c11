#include "site/pool_routes.h"

#include <gtest/gtest.h>

namespace tusk::site {
namespace {

constexpr std::string_view kRoot = "/srv/www";

PoolRoutes compile(const std::vector<PoolRoute>& routes) {
  auto compiled = PoolRoutes::compile(routes);
  EXPECT_TRUE(compiled) << compiled.error().front();
  return std::move(*compiled);
}

TEST(PoolRoutes, AScriptAloneFitsItsOwnRequests) {
  const PoolRoutes pools =
      compile({{.name = "app", .script = "/srv/www/index.php", .script_name = "/index.php"}});
  EXPECT_EQ(pools.of_script("/a", kRoot, "/index.php"), 1);
  EXPECT_EQ(pools.of_script("/a", "/srv/releases/2", "/index.php"), 1);  // the root is a link
  EXPECT_EQ(pools.of_script("/a", kRoot, "/other.php"), 0);
  EXPECT_EQ(pools.of_script("/a", kRoot, "/x/index.php"), 0);
  EXPECT_EQ(pools.of_unanswered("/a"), 0);
}

TEST(PoolRoutes, AScriptOfTheReleaseThatIsServed) {
  const PoolRoutes pools = compile({{.name = "app", .script = "/srv/releases/2/index.php"}});
  EXPECT_EQ(pools.of_script("/a", "/srv/releases/2", "/index.php"), 1);
  EXPECT_EQ(pools.of_script("/a", "/srv/releases/3", "/index.php"), 0);
}

TEST(PoolRoutes, AMatchAloneFitsScriptsOfItsPaths) {
  const PoolRoutes pools = compile({{.name = "export", .match = {"/export/*", "/report"}}});
  EXPECT_EQ(pools.of_script("/export/a", kRoot, "/index.php"), 1);
  EXPECT_EQ(pools.of_script("/report", kRoot, "/report.php"), 1);
  EXPECT_EQ(pools.of_script("/export/a/b", kRoot, "/index.php"), 0);
  EXPECT_EQ(pools.of_script("/report/a", kRoot, "/report.php"), 0);
  EXPECT_EQ(pools.of_unanswered("/export/a"), 0);
  EXPECT_FALSE(pools.replaces_script(1));
}

TEST(PoolRoutes, BothAnswerUnansweredPathsToo) {
  const PoolRoutes pools =
      compile({{.name = "api", .script = "/srv/api/worker.php", .match = {"/api/**"}}});
  EXPECT_TRUE(pools.replaces_script(1));
  EXPECT_EQ(pools.of_unanswered("/api/a/b"), 1);
  EXPECT_EQ(pools.of_unanswered("/other"), 0);
  EXPECT_EQ(pools.of_script("/api/x", kRoot, "/index.php"), 1);
  // A plain request: only the pool's paths are its own.
  EXPECT_EQ(pools.of_script("/other", "/srv/api", "/worker.php"), 0);
}

TEST(PoolRoutes, TheFirstThatFitsDecides) {
  const PoolRoutes pools = compile({{.name = "export", .match = {"/export/*"}},
                                    {.name = "all", .script = "/srv/a.php", .match = {"/**"}}});
  EXPECT_EQ(pools.of_script("/export/a", kRoot, "/index.php"), 1);
  EXPECT_EQ(pools.of_unanswered("/export/a"), 0);  // the fallback is asked, on the pool's workers
  EXPECT_EQ(pools.of_unanswered("/a"), 2);
  EXPECT_EQ(pools[2].name, "all");
}

TEST(PoolRoutes, AWrongGlobIsReportedWithItsPlace) {
  const auto wrong = PoolRoutes::compile(
      {{.name = "a", .where = "t.toml:3", .match = {"/["}}, {.name = "b", .match = {"/b"}}});
  ASSERT_FALSE(wrong);
  ASSERT_EQ(wrong.error().size(), 1U);
  EXPECT_TRUE(
      wrong.error()[0].starts_with("t.toml:3: the match of the pool 'a': '/[' is not a "
                                   "glob: "))
      << wrong.error()[0];
}

}  // namespace
}  // namespace tusk::site
