#include "site/x_sendfile.h"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/test_directory.h"

namespace tusk::site {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

class XSendfileTest : public testing::Test {
 protected:
  void SetUp() override {
    write("store/a b%41.txt", "store");
    write("store/sub/.hidden.php", "<?php");
    write("private/report.pdf", "report");
    write("secret.txt", "secret");
    write("releases/1/files/x.txt", "one");
    write("releases/2/files/x.txt", "two");
    std::filesystem::create_directory_symlink("releases/1", top_ / "current");
    settings_.locations = {{"/protected/", path("store")}, {"/protected/deep/", path("private")}};
    settings_.sendfile_roots = {path("private"), path("current/files")};
  }

  void write(const std::string& name, std::string_view content) const {
    directory_.write(name, content);
  }
  std::string path(const std::string& name) const { return (top_ / name).string(); }

  // "not taken", a status, or the content.
  std::string ask(XSendfile& x_sendfile, const Fields& script, const Fields& request = {},
                  std::string_view method = "GET") {
    http::RequestHead asked;
    asked.method = asked.append(method);
    for (const auto& [name, value] : request) asked.add_field(name, value);
    http::ResponseHead head;
    for (const auto& [name, value] : script) EXPECT_TRUE(head.add(name, value));
    EXPECT_TRUE(XSendfile::asked_for(head));
    const bool taken = x_sendfile.answer(asked, head, *files_, 1'800'000'000, response_);
    for (const http::ResponseHead* each : {&head, &response_.head}) {
      EXPECT_FALSE(each->contains("X-Sendfile"));
      EXPECT_FALSE(each->contains("X-Accel-Redirect"));
    }
    if (!taken) return "not taken";
    if (response_.head.status >= 300) return std::to_string(response_.head.status);
    std::string content;
    for (std::size_t i = 0; i < response_.body.slice_count(); ++i) {
      content += response_.body.slice(i).bytes;
    }
    return content;
  }
  std::string ask(const Fields& script, const Fields& request = {},
                  std::string_view method = "GET") {
    auto x_sendfile = XSendfile::open(settings_);
    EXPECT_TRUE(x_sendfile);
    return ask(*x_sendfile, script, request, method);
  }
  std::string accel(const std::string& url) { return ask({{"X-Accel-Redirect", url}}); }
  std::string sendfile(const std::string& name) { return ask({{"X-Sendfile", name}}); }

  base::TestDirectory directory_;
  std::filesystem::path top_ = directory_.path();
  XSendfile::Settings settings_;
  std::unique_ptr<files::FileCache> files_ =
      std::make_unique<files::FileCache>(files::FileCache::Limits{}, files::FileLoader({}));
  files::StaticResponse response_;
};

TEST_F(XSendfileTest, OnlyWhatAsksForOne) {
  http::ResponseHead head;
  head.add("Content-Type", "text/html");
  head.add("X-Sendfiles", "/a");
  head.add("Set-Cookie", "a=1");
  EXPECT_FALSE(XSendfile::asked_for(head));
  head.add("x-sENDFILE", "/a");
  EXPECT_TRUE(XSendfile::asked_for(head));
}

TEST_F(XSendfileTest, ByUrl) {
  EXPECT_EQ(accel("/protected/a%20b%2541.txt"), "store");
  EXPECT_EQ(accel("/protected/a b%2541.txt?download=1"), "store");
  EXPECT_EQ(accel("%2Fprotected%2Fa%20b%2541.txt"), "store");
  EXPECT_EQ(accel("/protected/sub/.hidden.php"), "<?php");
  // The longest location counts.
  EXPECT_EQ(accel("/protected/deep/report.pdf"), "report");
  EXPECT_EQ(accel("/protected/./sub/../deep/report.pdf"), "report");
}

TEST_F(XSendfileTest, ByUrlNothingElse) {
  for (const char* url :
       {"/protected/none", "/protected/", "/protected", "/protected/sub",
        "/protected/../secret.txt", "/protected/%2e%2e/secret.txt", "/protected/..%2fsecret.txt",
        "/other/a", "/", "", "/protected/a%00b", "/../../etc/passwd", "/protectedx/a"}) {
    EXPECT_EQ(accel(url), "404") << url;
  }
}

TEST_F(XSendfileTest, ByName) {
  EXPECT_EQ(sendfile(path("private/report.pdf")), "report");
  EXPECT_EQ(sendfile(path("private/../private//report.pdf")), "report");
  EXPECT_EQ(sendfile(path("current/files/x.txt")), "one");
  EXPECT_EQ(sendfile(path("releases/1/files/x.txt")), "one");  // as __DIR__ gives it
  EXPECT_EQ(sendfile("report.pdf"), "report");
  EXPECT_EQ(sendfile("x.txt"), "one");
}

TEST_F(XSendfileTest, ByNameNothingElse) {
  for (const std::string& name :
       {path("secret.txt"), path("private/../secret.txt"), path("private"), path("privateX/report"),
        path("releases/2/files/x.txt"), std::string("/etc/passwd"), std::string("../secret.txt"),
        std::string("none"), std::string(), path("private/none"), path("store/a b%41.txt")}) {
    EXPECT_EQ(sendfile(name), "404") << name;
  }
}

TEST_F(XSendfileTest, ASwitchedRootIsOpenedAgain) {
  auto x_sendfile = XSendfile::open(settings_);
  ASSERT_TRUE(x_sendfile);
  const Fields script = {{"X-Sendfile", path("current/files/x.txt")}};
  EXPECT_EQ(ask(*x_sendfile, script), "one");
  std::filesystem::remove(top_ / "current");
  std::filesystem::create_directory_symlink("releases/2", top_ / "current");
  EXPECT_EQ(ask(*x_sendfile, script), "two");
}

TEST_F(XSendfileTest, KeepsTheScriptsFields) {
  ASSERT_EQ(ask({{"X-Sendfile", "report.pdf"},
                 {"Content-Type", "application/x-report"},
                 {"Content-Disposition", "attachment; filename=r.pdf"},
                 {"Cache-Control", "private"},
                 {"Set-Cookie", "a=1"},
                 {"Set-Cookie", "b=2"},
                 {"Content-Length", "5000"},
                 {"Content-Encoding", "gzip"},
                 {"ETag", "\"script's\""},
                 {"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"}}),
            "report");
  const http::ResponseHead& head = response_.head;
  EXPECT_EQ(head.find("Content-Type"), "application/x-report");
  EXPECT_EQ(head.find("Content-Disposition"), "attachment; filename=r.pdf");
  EXPECT_EQ(head.find("Cache-Control"), "private");
  EXPECT_NE(head.text.find("Set-Cookie: a=1"), std::string::npos);
  EXPECT_NE(head.text.find("Set-Cookie: b=2"), std::string::npos);
  EXPECT_FALSE(head.contains("Content-Length"));
  EXPECT_FALSE(head.contains("Content-Encoding"));
  EXPECT_NE(head.find("ETag"), "\"script's\"");
  EXPECT_NE(head.find("Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(head.find("Accept-Ranges"), "bytes");
  EXPECT_EQ(response_.framing.content_length, 6U);
}

TEST_F(XSendfileTest, HowLongItMayBeKeptIsForTheScriptToSay) {
  files::LoaderSettings kept;
  kept.cache_control = files::CacheControl(std::chrono::seconds(3600), {"*.pdf"});
  files_ = std::make_unique<files::FileCache>(files::FileCache::Limits{},
                                              files::FileLoader(std::move(kept)));
  for (const Fields& request :
       {Fields{}, Fields{{"Range", "bytes=0-1"}}, Fields{{"If-None-Match", "*"}}}) {
    ask({{"X-Sendfile", "report.pdf"}}, request);
    EXPECT_FALSE(response_.head.contains("Cache-Control")) << response_.head.status;
  }
  ASSERT_EQ(ask({{"X-Sendfile", "report.pdf"}, {"Cache-Control", "private, no-store"}}), "report");
  EXPECT_EQ(response_.head.find("Cache-Control"), "private, no-store");
}

TEST_F(XSendfileTest, RangesAndConditionsHold) {
  const Fields script = {{"X-Sendfile", "report.pdf"}, {"Content-Type", "application/x-report"}};
  EXPECT_EQ(ask(script, {{"Range", "bytes=0-1"}}), "re");
  EXPECT_EQ(response_.head.status, 206);
  EXPECT_EQ(response_.head.find("Content-Range"), "bytes 0-1/6");
  EXPECT_EQ(response_.head.find("Content-Type"), "application/x-report");
  EXPECT_EQ(ask(script, {{"Range", "bytes=9-"}}), "416");
  EXPECT_EQ(response_.head.find("Content-Range"), "bytes */6");
  EXPECT_EQ(ask(script, {{"If-None-Match", "*"}}), "304");
  EXPECT_EQ(ask(script, {{"If-Match", "\"x\""}}), "412");
  ask(script, {{"Range", "bytes=0-1,3-4"}});
  EXPECT_TRUE(response_.head.find("Content-Type").starts_with("multipart/byteranges"));
  // Whatever the method is.
  EXPECT_EQ(ask(script, {}, "POST"), "report");
  EXPECT_EQ(ask(script, {}, "HEAD"), "");
}

TEST_F(XSendfileTest, NothingUnlessConfigured) {
  settings_ = {};
  EXPECT_EQ(sendfile("/etc/passwd"), "not taken");
  EXPECT_EQ(accel("/protected/a"), "not taken");
  EXPECT_EQ(sendfile(path("private/report.pdf")), "not taken");
}

TEST_F(XSendfileTest, SymbolicLinksAsConfigured) {
  std::filesystem::create_symlink("../secret.txt", top_ / "private/link");
  EXPECT_EQ(sendfile("link"), "secret");
  settings_.links = files::SymbolicLinks::kRefuse;
  EXPECT_EQ(sendfile("link"), "404");
  EXPECT_EQ(sendfile("report.pdf"), "report");
}

TEST_F(XSendfileTest, RootsMustExist) {
  settings_.sendfile_roots = {path("missing")};
  EXPECT_FALSE(XSendfile::open(settings_));
}

}  // namespace
}  // namespace tusk::site
