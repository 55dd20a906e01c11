#include "files/php_source.h"

#include <string>

#include <gtest/gtest.h>

namespace tusk::files {
namespace {

TEST(PhpSource, IsRecognisedInEveryDisguise) {
  for (const char* path : {"/x.php",          "/x.PHP",         "/x.Php",
                           "/x.phtml",        "/x.phar",        "/x.php3",
                           "/x.php8",         "/x.php82",       "/x.phps",
                           "/x.pht",          "/x.phpt",        "/x.PHTML",
                           "/x.inc",          "/a/b/x.php",     "/x.php~",
                           "/x.php.bak",      "/x.php.BAK",     "/x.php.swp",
                           "/.x.php.swp",     "/x.php.orig",    "/x.php.save",
                           "/x.php.save.1",   "/x.php.old",     "/x.php.dist",
                           "/x.php.txt",      "/x.php.gz",      "/x.php.tar.gz",
                           "/x.php.zip",      "/x.php_old",     "/x.php-2024",
                           "/x.php,v",        "/x.php.1",       "/#x.php#",
                           "/x.php (copy)",   "/x.php ",        "/x.php.",
                           "/x.phpbak",       "/x.phtml~",      "/x.inc.bak",
                           "/x.inc~",         "/x.blade.php",   "/x.php.inc",
                           "/x.tpl.php",      "/x.php.example", "/x.php.dpkg-old",
                           "/x.php/",         "/x.php//",       "/x.php.2024-01-31",
                           "/x.php.rpmsave",  "/x.php::$DATA",  "/wp-config.php.txt",
                           "/.php",           "/..php",         "x.php",
                           "/x.php.json",     "/x.php_",        "/x.php_.",
                           "/x.php_.php",     "/x.php_.inc",    "/x.php_old.txt",
                           "/x.php.php_.txt", "/x.inc.txt",     "/x.inc_"}) {
    EXPECT_TRUE(is_php_source(path)) << path;
  }
  EXPECT_TRUE(is_php_source(std::string("/x.php\0.txt", 11)));
}

TEST(PhpSource, IsNotWhatOnlyMentionsIt) {
  for (const char* path : {"",
                           "/",
                           "/index.html",
                           "/php",
                           "/php.html",
                           "/phpinfo",
                           "/php/x.txt",
                           "/x.php/readme.txt",
                           "/elephant.jpg",
                           "/x.ph",
                           "/x.p.h.p",
                           "/phar",
                           "/phpunit.xml.dist",
                           "/include",
                           "/x.incl",
                           "/x.include",
                           "/inc/x.css",
                           "/x.graphp",
                           "/Foo.php.html",
                           "/Foo.php.htm",
                           "/x.php.css",
                           "/x.php.js",
                           "/x.php.js.map",
                           "/photo.php.jpg",
                           "/photo.php.WEBP",
                           "/Acme.Inc.pdf",
                           "/talk.php.PDF",
                           "/x.inc.docx",
                           "/php.inc.mp4",
                           "/x.php_.txt",
                           "/x.php_.zip",
                           "/x.phtml_.inc_.txt",
                           "/report.inc_.csv"}) {
    EXPECT_FALSE(is_php_source(path)) << path;
  }
}

}  // namespace
}  // namespace tusk::files
