#include "host/settings/host_facts.h"

#include <gtest/gtest.h>

namespace tusk::host {
namespace {

TEST(HostFacts, AreTheSameAfterwards) {
  HostFacts facts;
  facts.failure = "no memory";
  facts.php.build = "PHP 8.2, not thread-safe";
  facts.php.first_line_of_directives = 2;
  facts.php.name = "PHP 8.2.36 NTS";
  facts.php.version = "8.2.36";
  facts.php.description = "PHP 8.2.36 NTS, OPcache on";
  facts.php.start_files = {"/etc/php.ini"};
  facts.php.extensions = {"curl", "Zend OPcache"};
  facts.php.ini = {.loaded = "/etc/php.ini", .scanned = {"/etc/\xff.ini"}, .directories = {"/etc"}};
  facts.php.preload = {.script = "/srv/preload.php", .user = "www-data"};
  facts.php.findings = {{.directive = "memory_limit", .message = "is too small"}};
  facts.php.ini_errors = {"syntax error"};
  const auto read = decode_facts(encode_facts(facts));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->failure, facts.failure);
  EXPECT_EQ(read->php.build, facts.php.build);
  EXPECT_EQ(read->php.first_line_of_directives, 2U);
  EXPECT_EQ(read->php.name, facts.php.name);
  EXPECT_EQ(read->php.version, facts.php.version);
  EXPECT_EQ(read->php.description, facts.php.description);
  EXPECT_EQ(read->php.start_files, facts.php.start_files);
  EXPECT_EQ(read->php.extensions, facts.php.extensions);
  EXPECT_EQ(read->php.ini.loaded, facts.php.ini.loaded);
  EXPECT_EQ(read->php.ini.scanned, facts.php.ini.scanned);
  EXPECT_EQ(read->php.ini.directories, facts.php.ini.directories);
  EXPECT_EQ(read->php.preload.script, facts.php.preload.script);
  EXPECT_EQ(read->php.preload.user, facts.php.preload.user);
  ASSERT_EQ(read->php.findings.size(), 1U);
  EXPECT_EQ(read->php.findings[0].message, "is too small");
  EXPECT_EQ(read->php.ini_errors, facts.php.ini_errors);
}

TEST(HostFacts, OtherBytesAreRefused) {
  const std::string bytes = encode_facts({});
  for (const std::string& wrong : {std::string(), std::string("\xa0", 1), bytes.substr(0, 20)})
    EXPECT_FALSE(decode_facts(wrong));
}

}  // namespace
}  // namespace tusk::host
