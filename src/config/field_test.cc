#include "config/field.h"

#include <gtest/gtest.h>

#include "config/option_table.h"

namespace tusk::config {
namespace {

std::string refused(std::string_view name, std::string_view text) {
  Settings settings;
  const auto done = assign(settings, option_named(name), text, "/srv");
  return done ? "(accepted)" : done.error().message;
}

// The value as it is shown after `text` was assigned.
std::string shown(std::string_view name, std::string_view text) {
  Settings settings;
  const auto done = assign(settings, option_named(name), text, "/srv");
  return done ? value_text(settings, option_named(name)) : "refused: " + done.error().message;
}

TEST(Field, StoresEachType) {
  Settings settings;
  const auto set = [&](std::string_view name, std::string_view text) {
    EXPECT_TRUE(assign(settings, option_named(name), text, "/srv")) << name;
  };
  set("access_log", "on");
  set("php_workers", "4");
  set("request_body_bytes", "1M");
  set("header_timeout", "1500ms");
  set("service_name", "shop");
  set("document_root", "public");
  set("internal_addr", ":9091");
  set("listen", ":1");
  set("listen", "unix:run/a.sock");
  set("executor", "stub");
  set("log_format", "json");
  set("log_level", "error");
  set("php", "memory_limit=1G");
  EXPECT_TRUE(settings.access_log);
  EXPECT_EQ(settings.php_workers, 4U);
  EXPECT_EQ(settings.request_body_bytes, 1024U * 1024);
  EXPECT_EQ(settings.header_timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(settings.service_name, "shop");
  EXPECT_EQ(settings.document_root, "/srv/public");
  ASSERT_TRUE(settings.internal_addr);
  EXPECT_EQ(settings.internal_addr->port, 9091);
  ASSERT_EQ(settings.listen.size(), 2U);
  EXPECT_EQ(settings.listen[1].path, "/srv/run/a.sock");
  set("listen", "proxy_protocol=off");
  set("listen", "unix:run/b.sock,trusted_proxies=unix");
  EXPECT_EQ(settings.listen[1].proxy_protocol, std::vector<TrustedProxy>());
  EXPECT_EQ(settings.listen[2].path, "/srv/run/b.sock");
  EXPECT_TRUE(settings.listen[2].trusted_proxies);
  EXPECT_FALSE(settings.listen[2].proxy_protocol);
  EXPECT_EQ(settings.executor, Executor::kStub);
  EXPECT_EQ(settings.log_format, LogFormat::kJson);
  EXPECT_EQ(settings.log_level, LogLevel::kError);
  EXPECT_EQ(settings.php, (std::vector<PhpDirective>{{"memory_limit", "1G"}}));
}

TEST(Field, ShowsWhatWasStored) {
  EXPECT_EQ(shown("access_log", "yes"), "on");
  EXPECT_EQ(shown("request_body_bytes", "1024K"), "1MiB");
  EXPECT_EQ(shown("idle_timeout", "120"), "2m");
  EXPECT_EQ(shown("log_level", "WARNING"), "warn");
  EXPECT_EQ(shown("log_level", "notice"), "info");
  EXPECT_EQ(shown("log_level", "emergency"), "error");
  EXPECT_EQ(shown("internal_addr", "off"), "off");
  EXPECT_EQ(shown("internal_addr", "[::1]:9090"), "[::1]:9090");
  EXPECT_EQ(shown("fallback", ""), "");
  EXPECT_EQ(shown("php", "disable_functions=exec,system;x=y"), "disable_functions=exec,system;x=y");
  EXPECT_EQ(shown("php", "auto_prepend_file="), "auto_prepend_file=");
}

TEST(Field, RefusesInOneClearLine) {
  EXPECT_EQ(refused("php_workers", "abc"), "'abc' is not a whole number");
  EXPECT_EQ(refused("php_workers", "5000"), "'5000' is out of range: from 0 to 4096");
  EXPECT_EQ(refused("request_header_bytes", "10M"), "'10M' is out of range: from 1KiB to 1MiB");
  EXPECT_EQ(refused("header_timeout", "0"), "'0' is out of range: from 1ms to 24h");
  EXPECT_EQ(refused("executor", "fpm"), "'fpm' is not one of ext|php|stub");
  // Under this name PHP would take the server for its command line.
  EXPECT_EQ(refused("sapi_name", "cli"),
            "'cli' is not one of fpm-fcgi|cli-server|apache2handler|cgi-fcgi|litespeed|frankenphp|"
            "uwsgi|ngx-php|tusk");
  EXPECT_EQ(refused("log_level", "inof"),
            "'inof' is not one of trace|debug|info|warn|error|off; did you mean info?");
  EXPECT_EQ(refused("log_level", "loud"), "'loud' is not one of trace|debug|info|warn|error|off");
  EXPECT_EQ(refused("access_log", "maybe"),
            "'maybe' is neither on nor off (1, true, yes; 0, false, no)");
  EXPECT_EQ(refused("document_root", ""), "must not be empty");
  EXPECT_EQ(refused("service_name", ""), "must not be empty");
  EXPECT_EQ(refused("service_name", std::string(129, 'x')), "is longer than 128 bytes");
  EXPECT_EQ(refused("php", "memory_limit"), "'memory_limit' is not name=value");
  EXPECT_EQ(refused("php", "=1"), "'=1' is not name=value");
  EXPECT_EQ(refused("php", "a[=1"), "'a[' is not the name of a php.ini directive");
  EXPECT_EQ(refused("php", "[a]=1"), "'[a]' is not the name of a php.ini directive");
  EXPECT_EQ(refused("php", "a b=1"), "'a b' is not the name of a php.ini directive");
}

TEST(Field, NoValueCanSmuggleAnotherLine) {
  EXPECT_EQ(refused("php", "a=1\nb=2"), "has a control character");
  EXPECT_EQ(refused("service_name", "a\tb"), "has a control character");
  EXPECT_EQ(refused("document_root", std::string_view("/a\0b", 4)), "has a control character");
  EXPECT_EQ(shown("service_name", "caf\xc3\xa9"), "caf\xc3\xa9");
}

TEST(Field, ARefusedValueLeavesTheOldOne) {
  Settings settings;
  settings.php_workers = 7;
  EXPECT_FALSE(assign(settings, option_named("php_workers"), "x", ""));
  EXPECT_FALSE(assign(settings, option_named("php_workers"), "5000", ""));
  EXPECT_EQ(settings.php_workers, 7U);
}

TEST(Field, TheLastDirectiveOfANameCounts) {
  Settings settings;
  for (const char* text : {"a=1", "b=2", "a=3"})
    EXPECT_TRUE(assign(settings, option_named("php"), text, ""));
  EXPECT_EQ(settings.php, (std::vector<PhpDirective>{{"a", "3"}, {"b", "2"}}));
}

TEST(Field, ExtensionsCollect) {
  Settings settings;
  for (const char* text : {"extension=b", "extension=a", "extension=b", "zend_extension=b"})
    EXPECT_TRUE(assign(settings, option_named("php"), text, ""));
  EXPECT_EQ(settings.php, (std::vector<PhpDirective>{
                              {"extension", "b"}, {"extension", "a"}, {"zend_extension", "b"}}));
}

TEST(Field, AnAbsoluteSocketPathMustStillFit) {
  Settings settings;
  const std::string deep = "/" + std::string(100, 'd');
  EXPECT_FALSE(assign(settings, option_named("listen"), "unix:a.socket", deep));
}

TEST(Field, PathsAreMadeAbsoluteAndNotResolved) {
  EXPECT_EQ(absolute_path("public", "/srv"), "/srv/public");
  EXPECT_EQ(absolute_path("./public/", "/srv"), "/srv/public");
  EXPECT_EQ(absolute_path(".//public", "/srv"), "/srv/public");
  EXPECT_EQ(absolute_path(".", "/srv"), "/srv");
  EXPECT_EQ(absolute_path("./", "/srv"), "/srv");
  EXPECT_EQ(absolute_path("..", "/srv/a"), "/srv/a/..");
  EXPECT_EQ(absolute_path("current/../x", "/srv"), "/srv/current/../x");
  EXPECT_EQ(absolute_path("/abs/", "/srv"), "/abs");
  EXPECT_EQ(absolute_path("/", "/srv"), "/");
  EXPECT_EQ(absolute_path("a", "/"), "/a");
  EXPECT_EQ(absolute_path(".hidden", "/srv"), "/srv/.hidden");
}

}  // namespace
}  // namespace tusk::config
