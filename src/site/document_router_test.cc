#include "site/document_router.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "base/test_directory.h"
#include "http/target.h"

namespace tusk::site {
namespace {

class DocumentRouterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write("index.php");
    write("page.php");
    write("style.css");
    write("blog/index.html");
    write("empty/readme.txt");
    write("a b/index.html");
    write(".env");
    write(".well-known/security.txt");
    write("old.php~");
  }

  void write(const std::string& name) {
    const std::filesystem::path path = root_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << "content of " << name;
  }

  // "script NAME INFO ?QUERY", "file", "30x LOCATION" or a status.
  std::string ask(const std::string& target, const RouteSettings& settings = {},
                  const std::string& method = "GET") {
    auto root = files::CurrentRoot::open(root_.string());
    auto routes = SiteRoutes::compile(settings);
    if (!routes) return routes.error().front();
    files::FileCache files({}, files::FileLoader({}));
    DocumentRouter router({.root = std::move(*root),
                           .routes = std::make_shared<const SiteRoutes>(std::move(*routes)),
                           .error_pages = ErrorPages()},
                          files);
    http::RequestHead head;
    head.method = head.append(method);
    head.target = head.append(target);
    const auto split = http::split_target(target, method);
    if (!split) return "bad target";
    head.path = head.append(split->path);
    head.query = head.append(split->query);
    head.has_query = split->has_query;
    head.authority = head.append("example.org:80");
    RouteTrace trace;
    router.explain_to(&trace);
    const Route& route = router.route({.head = head, .origin = {}});
    steps_.clear();
    for (const RouteTrace::Step& step : trace.steps()) {
      if (!steps_.ends_with(step.what)) steps_.append(steps_.empty() ? "" : " ").append(step.what);
    }
    EXPECT_TRUE(!trace.steps().empty() || target == "*") << "unexplained: " << target;
    if (route.kind == Route::Kind::kScript) {
      EXPECT_EQ(route.document_root, root_.string());
      return "script " + route.script_name +
             (route.path_info.empty() ? "" : " " + route.path_info) +
             (route.query ? " ?" + *route.query : "") +
             (route.script_filename.empty() ? "" : " file " + route.script_filename) +
             (route.pool == 0 ? "" : " pool " + std::to_string(route.pool));
    }
    if (route.kind == Route::Kind::kError) return std::to_string(route.error_status);
    const http::ResponseHead& response = route.response.head;
    if (response.status / 100 == 3) {
      return std::to_string(response.status) + " " + std::string(response.find("location"));
    }
    if (response.status == 200) return "file";
    return std::to_string(response.status);
  }

  // The steps in the trace of a request, in order.
  std::string steps(const std::string& target, const RouteSettings& settings,
                    const std::string& method = "GET") {
    ask(target, settings, method);
    return steps_;
  }

  base::TestDirectory directory_;
  std::filesystem::path root_ = directory_.path();
  std::string steps_;
};

TEST_F(DocumentRouterTest, Classic) {
  EXPECT_EQ(ask("/page.php"), "script /page.php");
  EXPECT_EQ(ask("/page.php?x=1"), "script /page.php");
  EXPECT_EQ(ask("/page.php/a/b"), "script /page.php /a/b");
  EXPECT_EQ(ask("/page.php/.hidden"), "script /page.php /.hidden");
  EXPECT_EQ(ask("/"), "script /index.php");
  EXPECT_EQ(ask("/style.css"), "file");
  EXPECT_EQ(ask("/blog/"), "file");
  EXPECT_EQ(ask("/blog"), "301 /blog/");
  EXPECT_EQ(ask("/blog?a=b"), "301 /blog/?a=b");
  EXPECT_EQ(ask("/a%20b"), "301 /a%20b/");
  EXPECT_EQ(ask("//blog"), "301 /blog/") << "must not become a link to a host named blog";
  EXPECT_EQ(ask("/empty/"), "404");
  EXPECT_EQ(ask("/nothing"), "404");
  EXPECT_EQ(ask("/nothing.php"), "404");
}

TEST_F(DocumentRouterTest, WhatIsNeverServed) {
  for (const char* const target :
       {"/.env", "/old.php~", "/PAGE.PHP", "/page.php%00.txt", "/..%2f..%2fetc/passwd",
        "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/.%2e/etc/passwd",
        "/blog%2findex.html"}) {
    const std::string answer = ask(target);
    EXPECT_TRUE(answer == "404" || answer == "400") << target << " gave " << answer;
  }
  EXPECT_EQ(ask("/.well-known/security.txt"), "file");
}

TEST_F(DocumentRouterTest, FallbackScriptGetsWhatIsNotThere) {
  const RouteSettings settings{.fallback = "/index.php"};
  EXPECT_EQ(ask("/wiki/Page", settings), "script /index.php");
  EXPECT_EQ(ask("/wiki/AC%2FDC", settings), "script /index.php");
  EXPECT_EQ(ask("/style.css", settings), "file");
  EXPECT_EQ(ask("/page.php", settings), "script /page.php");
  EXPECT_EQ(ask("/empty/", settings), "script /index.php");
  EXPECT_EQ(ask("/.env", settings), "404");
}

TEST_F(DocumentRouterTest, ADirectoryWithoutAnAnswerIsMissing) {
  write("uploads/index.php");
  write("themes/index.html");
  write("themes/index.php");
  write("odd/index.html/x");
  write("source/index.php.bak");
  const RouteSettings fallback{.fallback = "/index.php"};
  for (const char* const name : {"empty", "odd", "source"}) {
    EXPECT_EQ(ask("/" + std::string(name)), "404") << name;
    EXPECT_EQ(ask("/" + std::string(name) + "?a=b", fallback), "script /index.php") << name;
    EXPECT_EQ(ask("/" + std::string(name) + "/", fallback), "script /index.php") << name;
  }
  EXPECT_EQ(ask("/blog", fallback), "301 /blog/");
  EXPECT_EQ(ask("/uploads", fallback), "301 /uploads/");
  // An index that must not answer does not count.
  const RouteSettings strict{.fallback = "/index.php", .static_only = {"/uploads", "/themes"}};
  EXPECT_EQ(ask("/uploads", strict), "script /index.php");
  EXPECT_EQ(ask("/themes", strict), "301 /themes/");
  const RouteSettings listed{.fallback = "/index.php", .run_scripts = {"/index.php"}};
  EXPECT_EQ(ask("/uploads", listed), "script /index.php");
  const RouteSettings denied{.fallback = "/index.php", .denied_files = {"index.html"}};
  EXPECT_EQ(ask("/blog", denied), "script /index.php");
}

TEST_F(DocumentRouterTest, FrameworkMode) {
  const RouteSettings settings{.index_file = "index.php"};
  EXPECT_EQ(ask("/", settings), "script /index.php");
  EXPECT_EQ(ask("/users/1", settings), "script /index.php");
  EXPECT_EQ(ask("/style.css", settings), "file");
  EXPECT_EQ(ask("/index.php", settings), "script /index.php");
  EXPECT_EQ(ask("/index.php/a", settings), "script /index.php /a");
  EXPECT_EQ(ask("/page.php", settings), "404");
  EXPECT_EQ(ask("/nothing.php", settings), "404");
  EXPECT_EQ(ask("/blob/main/db.inc", settings), "script /index.php") << "an address of its own";
  EXPECT_EQ(ask("/old.php~", settings), "script /index.php") << "a file that is not sent";
  EXPECT_EQ(ask("/blog/", settings), "script /index.php");
  EXPECT_EQ(ask("/.env", settings), "404");
}

TEST_F(DocumentRouterTest, SinglePageMode) {
  write("index.html");
  const RouteSettings settings{.index_file = "index.html"};
  EXPECT_EQ(ask("/", settings), "file");
  EXPECT_EQ(ask("/deep/link", settings), "file");
  EXPECT_EQ(ask("/page.php", settings), "404");
  EXPECT_EQ(ask("/old.php~", settings), "404") << "200 would say it is there";
}

// A dot may begin the name of a page; as a file it is never looked up.
TEST_F(DocumentRouterTest, AHiddenNameFurtherDownIsTheApplications) {
  const RouteSettings settings{.fallback = "/index.php"};
  write("sub/.env");
  EXPECT_EQ(ask("/wiki/.NET", settings), "script /index.php");
  EXPECT_EQ(ask("/sub/.env", settings), "script /index.php");
  EXPECT_EQ(ask("/sub/.env"), "404");
  EXPECT_EQ(ask("/.git/config", settings), "404");
  write("index.html");
  EXPECT_EQ(ask("/sub/.env", {.fallback = "/index.html"}), "404") << "200 would say it is there";
  EXPECT_EQ(ask("/wiki/x", {.fallback = "/index.html"}), "file");
}

TEST_F(DocumentRouterTest, DeniedFilesAreNotThere) {
  RouteSettings settings{.denied_files = {"*.bak", "composer.json", "/private"}};
  write("dump.bak");
  write("composer.json");
  write("private/a.txt");
  write("private/run.php");
  write("private/index.php");
  for (const char* const target :
       {"/dump.bak", "/DUMP.BAK", "/composer.json", "/private/a.txt", "/private/", "/private",
        "/private/run.php", "/private/run.php/x", "/private/index.php"}) {
    EXPECT_EQ(ask(target, settings), "404") << target;
  }
  settings.fallback = "/index.php";
  EXPECT_EQ(ask("/dump.bak", settings), "script /index.php") << "as if it were not there";
  EXPECT_EQ(ask("/private/", settings), "script /index.php");
  settings.fallback = "/style.css";
  EXPECT_EQ(ask("/dump.bak", settings), "404");
}

TEST_F(DocumentRouterTest, WhichScriptsRun) {
  write("uploads/evil.php");
  write("uploads/index.php");
  write("uploads/a.png");
  RouteSettings settings{.fallback = "/index.php", .static_only = {"/uploads"}};
  EXPECT_EQ(ask("/uploads/a.png", settings), "file");
  EXPECT_EQ(ask("/uploads/evil.php", settings), "404");
  EXPECT_EQ(ask("/uploads/evil.php/a.png", settings), "404");
  EXPECT_EQ(ask("/uploads/", settings), "script /index.php") << "its index does not run";
  settings = {.fallback = "/index.php", .run_scripts = {"/page.php"}};
  EXPECT_EQ(ask("/page.php/x", settings), "script /page.php /x");
  EXPECT_EQ(ask("/uploads/evil.php", settings), "404");
  EXPECT_EQ(ask("/nothing.php", settings), "script /index.php");
  settings = {.index_file = "index.php", .run_scripts = {"/page.php"}};
  EXPECT_EQ(ask("/page.php", settings), "script /page.php");
  EXPECT_EQ(ask("/uploads/evil.php", settings), "404");
  EXPECT_EQ(ask("/nothing.php", settings), "404");
}

TEST_F(DocumentRouterTest, Rules) {
  RouteSettings settings{.fallback = "/index.php",
                         .rules = {{.path = "/old/*", .redirect = "/new/$1"},
                                   {.path = "/deny/**", .deny_status = 403},
                                   {.path = "/p/*", .rewrite = "/page.php/$1?a=$1"},
                                   {.path = "/s/**", .rewrite = "/$1"},
                                   {.path = "/m/*", .missing = true, .rewrite = "/page.php?m=$1"},
                                   {.path = "/x/*", .missing = true, .rewrite = "/nothing/$1"}}};
  EXPECT_EQ(ask("/old/a?q", settings), "302 /new/a?q");
  EXPECT_EQ(ask("/%64eny/x", settings), "403");
  EXPECT_EQ(ask("/p/x%20y", settings), "script /page.php /x y ?a=x%20y");
  EXPECT_EQ(ask("/s/style.css", settings), "file");
  EXPECT_EQ(ask("/s/.env", settings), "404") << "a rewrite makes nothing public";
  EXPECT_EQ(ask("/s/a/.env", settings), "script /index.php");
  EXPECT_EQ(ask("/m/1", settings), "script /page.php ?m=1");
  EXPECT_EQ(ask("/x/1", settings), "script /index.php") << "missing all the same";
  write("m/there");
  EXPECT_EQ(ask("/m/there", settings), "file");
}

// Rules see %2F as a slash in the path, but it never becomes part of a file's name.
TEST_F(DocumentRouterTest, EncodedSlashes) {
  const RouteSettings settings{.rules = {{.regex = "^/i/(.*)$", .rewrite = "/page.php?id=$1"},
                                         {.regex = "^/f/(.*)$", .rewrite = "/$1"}}};
  EXPECT_EQ(ask("/i/a%2Fb", settings), "script /page.php ?id=a/b");
  EXPECT_EQ(ask("/f/blog%2Findex.html", settings), "404");
  EXPECT_EQ(ask("/page.php/a%2Fb", settings), "script /page.php /a/b");
  EXPECT_EQ(ask("/page.php%2Fb", settings), "404");
}

TEST_F(DocumentRouterTest, Methods) {
  EXPECT_EQ(ask("/page.php", {}, "BREW"), "script /page.php");
  EXPECT_EQ(ask("/style.css", {}, "POST"), "405");
  EXPECT_EQ(ask("/page.php", {}, "TRACE"), "405");
  EXPECT_EQ(ask("*", {}, "OPTIONS"), "204");
}

// The stages run in order, and the first that decides the route ends the walk.
TEST_F(DocumentRouterTest, StagesRunUntilOneDecides) {
  const RouteSettings settings{.fallback = "/index.php",
                               .rules = {{.path = "/old/*", .redirect = "/new/$1"},
                                         {.path = "/m/*", .missing = true, .rewrite = "/none/$1"}}};
  EXPECT_EQ(steps("/style.css", settings, "TRACE"), "method");
  EXPECT_EQ(steps("/%2e%2e/x", settings), "path");
  EXPECT_EQ(steps("/old/page.php", settings), "path root rule");
  EXPECT_EQ(steps("/page.php", settings), "path root script");
  EXPECT_EQ(steps("/.env", settings), "path root script file hidden");
  EXPECT_EQ(steps("/m/1", settings), "path root script file rule script file fallback script")
      << "a lookup, the rule, a second lookup, the fallback";
}

TEST(RoutingStages, EachSaysWhatItDoesAndRunsSomething) {
  for (const DocumentRouter::Stage& stage : DocumentRouter::stages()) {
    EXPECT_FALSE(stage.what.empty()) << stage.name;
    EXPECT_FALSE(stage.why_here.empty()) << stage.name;
    EXPECT_NE(stage.run, nullptr) << stage.name;
  }
}

TEST_F(DocumentRouterTest, PoolsOfScriptsAndPaths) {
  const RouteSettings settings{
      .fallback = "/index.php",
      .rules = {{.path = "/old/*", .rewrite = "/export/x"}, {.path = "/deny", .deny_status = 403}},
      .pools = {
          {.name = "export", .match = {"/export/*", "/deny", "/style.css"}},
          {.name = "app", .script = root_.string() + "/index.php", .script_name = "/index.php"}}};
  EXPECT_EQ(ask("/page.php", settings), "script /page.php");
  EXPECT_EQ(steps("/page.php", settings), "path root script pool");
  EXPECT_EQ(ask("/", settings), "script /index.php pool 2");
  EXPECT_EQ(ask("/nothing", settings), "script /index.php pool 2");
  EXPECT_EQ(ask("/index.php/a", settings), "script /index.php /a pool 2");
  EXPECT_EQ(ask("/export/a", settings), "script /index.php pool 1");
  EXPECT_EQ(ask("/%65xport/a", settings), "script /index.php pool 1");
  // A rewrite changes the script that is looked up, but not the pool: its globs are those of
  // addresses.
  EXPECT_EQ(ask("/old/a", settings), "script /index.php pool 2");
  EXPECT_EQ(ask("/deny", settings), "403");
  EXPECT_EQ(ask("/style.css", settings), "file");
  EXPECT_EQ(ask("/.env", settings), "404");
  EXPECT_EQ(steps("/style.css", settings), "path root script file");
}

TEST_F(DocumentRouterTest, PoolsWithAScriptAndAMatch) {
  const RouteSettings settings{
      .static_only = {"/empty"},
      .rules = {{.path = "/go", .redirect = "/blog"}},
      .pools = {{.name = "api", .script = "/srv/worker.php", .match = {"/page.php/*", "/api/**"}},
                {.name = "all",
                 .script = root_.string() + "/index.php",
                 .script_name = "/index.php",
                 .match = {"/**"}}}};
  write("empty/upload.php");
  EXPECT_EQ(ask("/empty/upload.php", settings), "404") << "it stays refused";
  EXPECT_EQ(ask("/api/x?a=1", settings), "script /worker.php file /srv/worker.php pool 1");
  EXPECT_EQ(steps("/api/x", settings), "path root script file pool");
  // What routing has found is replaced, the rest of the path too.
  EXPECT_EQ(ask("/page.php/a", settings), "script /worker.php file /srv/worker.php pool 1");
  EXPECT_EQ(ask("/page.php", settings), "script /index.php pool 2");
  EXPECT_EQ(ask("/index.php/a", settings), "script /index.php /a pool 2") << "it is that script";
  EXPECT_EQ(ask("/nothing", settings), "script /index.php pool 2");
  EXPECT_EQ(ask("/style.css", settings), "file");
  EXPECT_EQ(ask("/blog", settings), "301 /blog/");
  EXPECT_EQ(ask("/go", settings), "302 /blog");
  EXPECT_EQ(ask("/.hidden", settings), "404");
  EXPECT_EQ(ask("/", settings, "TRACE"), "405");
}

}  // namespace
}  // namespace tusk::site
