#include "files/mime.h"

#include <string>

#include <gtest/gtest.h>

#include "files/php_source.h"

namespace tusk::files {
namespace {

TEST(Mime, KnowsWhatSitesAreMadeOf) {
  EXPECT_EQ(media_type("/index.html"), "text/html; charset=utf-8");
  EXPECT_EQ(media_type("/a/style.css"), "text/css; charset=utf-8");
  EXPECT_EQ(media_type("/app.js"), "text/javascript; charset=utf-8");
  EXPECT_EQ(media_type("/app.mjs"), "text/javascript; charset=utf-8");
  EXPECT_EQ(media_type("/app.js.map"), "application/json");
  EXPECT_EQ(media_type("/robots.txt"), "text/plain; charset=utf-8");
  EXPECT_EQ(media_type("/data.json"), "application/json");
  EXPECT_EQ(media_type("/sitemap.xml"), "application/xml");
  EXPECT_EQ(media_type("/photo.jpeg"), "image/jpeg");
  EXPECT_EQ(media_type("/logo.svg"), "image/svg+xml");
  EXPECT_EQ(media_type("/favicon.ico"), "image/x-icon");
  EXPECT_EQ(media_type("/f.woff2"), "font/woff2");
  EXPECT_EQ(media_type("/m.wasm"), "application/wasm");
  EXPECT_EQ(media_type("/site.webmanifest"), "application/manifest+json");
  EXPECT_EQ(media_type("/film.mp4"), "video/mp4");
  EXPECT_EQ(media_type("/backup.tar.gz"), "application/gzip");
}

TEST(Mime, IgnoresCase) {
  EXPECT_EQ(media_type("/PHOTO.JPG"), "image/jpeg");
  EXPECT_EQ(media_type("/a.HtMl"), "text/html; charset=utf-8");
}

TEST(Mime, SavesWhatItDoesNotKnow) {
  for (const char* path : {"", "/", "/README", "/a.unknown", "/a.", "/.html", "/dir.html/README",
                           "/a.html ", "/a.thisextensionislongerthananyother"}) {
    EXPECT_EQ(media_type(path), kDefaultMediaType) << path;
  }
  EXPECT_EQ(media_type(std::string("/a.htm\0l", 8)), kDefaultMediaType);
}

TEST(Mime, HasNoTypeForPhp) {
  for (const char* extension : {"php", "phtml", "pht", "phar", "phps", "php3", "php4", "php5",
                                "php7", "php8", "phpt", "inc"}) {
    EXPECT_EQ(media_type(std::string("/x.") + extension), kDefaultMediaType) << extension;
    EXPECT_TRUE(is_php_source(std::string("/x.") + extension)) << extension;
  }
}

}  // namespace
}  // namespace tusk::files
