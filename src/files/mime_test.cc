#include "files/mime.h"

#include <string>

#include <gtest/gtest.h>

#include "files/php_source.h"

namespace tusk::files {
namespace {

std::string_view type_of(std::string_view path) { return media_type(path).name; }

TEST(Mime, KnowsWhatSitesAreMadeOf) {
  EXPECT_EQ(type_of("/index.html"), "text/html");
  EXPECT_EQ(type_of("/a/style.css"), "text/css");
  EXPECT_EQ(type_of("/app.js"), "text/javascript");
  EXPECT_EQ(type_of("/app.mjs"), "text/javascript");
  EXPECT_EQ(type_of("/app.js.map"), "application/json");
  EXPECT_EQ(type_of("/robots.txt"), "text/plain");
  EXPECT_EQ(type_of("/data.json"), "application/json");
  EXPECT_EQ(type_of("/sitemap.xml"), "application/xml");
  EXPECT_EQ(type_of("/photo.jpeg"), "image/jpeg");
  EXPECT_EQ(type_of("/logo.svg"), "image/svg+xml");
  EXPECT_EQ(type_of("/favicon.ico"), "image/x-icon");
  EXPECT_EQ(type_of("/f.woff2"), "font/woff2");
  EXPECT_EQ(type_of("/m.wasm"), "application/wasm");
  EXPECT_EQ(type_of("/site.webmanifest"), "application/manifest+json");
  EXPECT_EQ(type_of("/film.mp4"), "video/mp4");
  EXPECT_EQ(type_of("/backup.tar.gz"), "application/gzip");
}

TEST(Mime, IgnoresCase) {
  EXPECT_EQ(type_of("/PHOTO.JPG"), "image/jpeg");
  EXPECT_EQ(type_of("/a.HtMl"), "text/html");
}

TEST(Mime, SavesWhatItDoesNotKnow) {
  for (const char* path : {"", "/", "/README", "/a.unknown", "/a.", "/.html", "/dir.html/README",
                           "/a.html ", "/a.thisextensionislongerthananyother"}) {
    EXPECT_EQ(type_of(path), kDefaultMediaType) << path;
  }
  EXPECT_EQ(type_of(std::string("/a.htm\0l", 8)), kDefaultMediaType);
}

TEST(Mime, HasNoTypeForPhp) {
  for (const char* extension : {"php", "phtml", "pht", "phar", "phps", "php3", "php4", "php5",
                                "php7", "php8", "phpt", "inc"}) {
    EXPECT_EQ(type_of(std::string("/x.") + extension), kDefaultMediaType) << extension;
    EXPECT_TRUE(is_php_source(std::string("/x.") + extension)) << extension;
  }
}

TEST(Mime, KnowsWhatIsText) {
  for (const char* path : {"/a.html", "/a.css", "/a.js", "/a.txt", "/a.md", "/a.csv", "/a.vtt"}) {
    EXPECT_TRUE(media_type(path).is_text) << path;
    EXPECT_TRUE(media_type(path).compresses) << path;
  }
  for (const char* path : {"/a.svg", "/a.json", "/a.wasm", "/a.xml", "/a.ttf", "/a.webmanifest"}) {
    EXPECT_FALSE(media_type(path).is_text) << path;
    EXPECT_TRUE(media_type(path).compresses) << path;
  }
  for (const char* path : {"/a.png", "/a.woff2", "/a.zip", "/a.mp4", "/a.gz", "/a", "/a.docx"}) {
    EXPECT_FALSE(media_type(path).is_text) << path;
    EXPECT_FALSE(media_type(path).compresses) << path;
  }
}

}  // namespace
}  // namespace tusk::files
