#include "server/document_router.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "http/target.h"

namespace tusk::server {
namespace {

class DocumentRouterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/tusk-router-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    root_ = name;
    write("index.php");
    write("page.php");
    write("style.css");
    write("blog/index.html");
    write("empty/readme.txt");
    write("a b/file.txt");
    write(".env");
    write(".well-known/security.txt");
    write("old.php~");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void write(const std::string& name) {
    const std::filesystem::path path = root_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << "content of " << name;
  }

  // "script NAME INFO", "file", "301 LOCATION", or a status.
  std::string ask(const std::string& target, DocumentRouter::Settings settings = {},
                  const std::string& method = "GET") {
    auto root = files::DocumentRoot::open(root_.string());
    DocumentRouter router(std::move(*root), std::move(settings));
    http::RequestHead head;
    head.method = head.append(method);
    head.target = head.append(target);
    const auto split = http::split_target(target, method);
    if (!split) return "bad target";
    head.path = head.append(split->path);
    head.query = head.append(split->query);
    head.has_query = split->has_query;
    const Route& route = router.route(head, 0);
    if (route.kind == Route::Kind::script) {
      EXPECT_EQ(route.document_root, root_.string());
      return "script " + route.script_name + (route.path_info.empty() ? "" : " " + route.path_info);
    }
    const http::ResponseHead& response = route.response.head;
    if (response.status == 301) return "301 " + std::string(response.find("location"));
    if (response.status == 200) return "file";
    return std::to_string(response.status);
  }

  std::filesystem::path root_;
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
  const DocumentRouter::Settings settings{"", "/index.php"};
  EXPECT_EQ(ask("/wiki/Page", settings), "script /index.php");
  EXPECT_EQ(ask("/wiki/AC%2FDC", settings), "script /index.php");
  EXPECT_EQ(ask("/style.css", settings), "file");
  EXPECT_EQ(ask("/page.php", settings), "script /page.php");
  EXPECT_EQ(ask("/empty/", settings), "script /index.php");
  EXPECT_EQ(ask("/.env", settings), "404");
}

TEST_F(DocumentRouterTest, FrameworkMode) {
  const DocumentRouter::Settings settings{"index.php", ""};
  EXPECT_EQ(ask("/", settings), "script /index.php");
  EXPECT_EQ(ask("/users/1", settings), "script /index.php");
  EXPECT_EQ(ask("/style.css", settings), "file");
  EXPECT_EQ(ask("/index.php", settings), "script /index.php");
  EXPECT_EQ(ask("/index.php/a", settings), "script /index.php /a");
  EXPECT_EQ(ask("/page.php", settings), "404");
  EXPECT_EQ(ask("/nothing.php", settings), "404");
  EXPECT_EQ(ask("/blog/", settings), "script /index.php");
  EXPECT_EQ(ask("/.env", settings), "404");
}

TEST_F(DocumentRouterTest, SinglePageMode) {
  write("index.html");
  const DocumentRouter::Settings settings{"index.html", ""};
  EXPECT_EQ(ask("/", settings), "file");
  EXPECT_EQ(ask("/deep/link", settings), "file");
  EXPECT_EQ(ask("/page.php", settings), "404");
}

TEST_F(DocumentRouterTest, Methods) {
  EXPECT_EQ(ask("/page.php", {}, "BREW"), "script /page.php");
  EXPECT_EQ(ask("/style.css", {}, "POST"), "405");
  EXPECT_EQ(ask("/page.php", {}, "TRACE"), "405");
  EXPECT_EQ(ask("*", {}, "OPTIONS"), "204");
}

}  // namespace
}  // namespace tusk::server
