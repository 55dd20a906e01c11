#include "config/environment.h"

#include <gtest/gtest.h>

#include "config/option_table.h"

namespace tusk::config {
namespace {

using Strings = std::vector<std::string>;

Strings warnings(const std::string& variable) {
  return parse_environment(Strings{variable}).warnings;
}

TEST(Environment, KnowsEveryVariableOfTheTable) {
  for (const Option& option : option_table()) {
    const Environment environment =
        parse_environment(Strings{std::string(option.environment) + "=value"});
    ASSERT_EQ(environment.assignments.size(), 1U) << option.environment;
    EXPECT_EQ(environment.assignments[0].option, &option);
    EXPECT_EQ(environment.assignments[0].texts, Strings{"value"});
    EXPECT_EQ(to_string(environment.assignments[0].origin),
              "environment " + std::string(option.environment));
    EXPECT_TRUE(environment.warnings.empty());
  }
}

TEST(Environment, TheOwnNameIsThatOfTheFlag) {
  for (const Option& option : option_table()) {
    const std::string name = own_name(option);
    const Environment environment = parse_environment(Strings{name + "=value"});
    ASSERT_EQ(environment.assignments.size(), 1U) << name;
    EXPECT_EQ(environment.assignments[0].option, &option) << name;
    EXPECT_EQ(environment.assignments[0].origin.where, name);
    EXPECT_EQ(find_by_variable(name), &option);
  }
  EXPECT_EQ(own_name(option_named("php_workers")), "TUSK_WORKERS");
  EXPECT_EQ(own_name(option_named("drain_timeout")), "TUSK_DRAIN_TIMEOUT");
  EXPECT_EQ(own_name(option_named("config_file")), "TUSK_CONFIG");
  EXPECT_EQ(find_by_variable("WORKERS"), nullptr);
}

TEST(Environment, TheOwnNameOverridesTheOthers) {
  const std::string names[] = {"PHP_WORKERS=1", "TUSK_PHP_WORKERS=2", "TUSK_WORKERS=3"};
  const auto value = [](const Strings& variables) {
    const Environment environment = parse_environment(variables);
    EXPECT_EQ(environment.assignments.size(), 1U);
    return environment.assignments[0].texts[0];
  };
  EXPECT_EQ(value({names[0], names[1], names[2]}), "3");
  EXPECT_EQ(value({names[2], names[1], names[0]}), "3");
  EXPECT_EQ(value({names[1], names[0]}), "2");
  EXPECT_EQ(value({names[0], names[1]}), "2");
  EXPECT_EQ(value({names[0], "TUSK_WORKERS="}), "1");
}

TEST(Environment, SplitsLists) {
  const Environment environment = parse_environment(
      Strings{"LISTEN_ADDR=:80, unix:/a", "PHP_DEFINE=a=1;disable_functions=exec,system"});
  ASSERT_EQ(environment.assignments.size(), 2U);
  EXPECT_EQ(environment.assignments[0].texts, (Strings{":80", "unix:/a"}));
  EXPECT_EQ(environment.assignments[1].texts, (Strings{"a=1", "disable_functions=exec,system"}));
}

TEST(Environment, AnEmptyValueIsNotSet) {
  EXPECT_TRUE(parse_environment(Strings{"PHP_WORKERS=", "PHP_WORKER=", "X"}).assignments.empty());
  EXPECT_TRUE(warnings("PHP_WORKER=").empty());
}

TEST(Environment, TheFirstOfTwoCounts) {
  const Environment environment = parse_environment(Strings{"PHP_WORKERS=1", "PHP_WORKERS=2"});
  ASSERT_EQ(environment.assignments.size(), 1U);
  EXPECT_EQ(environment.assignments[0].texts, Strings{"1"});
}

TEST(Environment, WarnsOfAMisspeltVariable) {
  EXPECT_EQ(warnings("PHP_WORKER=4"),
            Strings{"the environment variable PHP_WORKER is not known and has no effect; did you "
                    "mean PHP_WORKERS?"});
  for (const char* variable :
       {"PHP_WOKRERS=4", "LISTEN_ADR=x", "LISTEN_ADDRS=x", "DOCUMENTROOT=x", "DOC_ROOT_DIR=x",
        "QUEUE_CAPACTIY=1", "ACCES_LOG=1", "FALLBCK=x", "EXCUTOR=x", "DRAIN_TIMEOUT_SEC=1"})
    EXPECT_EQ(warnings(variable).size(), std::string_view(variable) == "DOC_ROOT_DIR=x" ? 0U : 1U)
        << variable;
}

TEST(Environment, WarnsOfAnUnknownNameThatIsClearlyOurs) {
  EXPECT_EQ(warnings("TUSK_WORKER=4"),
            Strings{"the environment variable TUSK_WORKER is not known and has no effect; did you "
                    "mean TUSK_WORKERS?"});
  EXPECT_EQ(warnings("TUSK_DRAIN_TIMEOUT_SEC=4"),
            Strings{"the environment variable TUSK_DRAIN_TIMEOUT_SEC is not known and has no "
                    "effect; did you mean TUSK_DRAIN_TIMEOUT?"});
  EXPECT_EQ(warnings("TUSK_CONFG=x"),
            Strings{"the environment variable TUSK_CONFG is not known and has no effect; did you "
                    "mean TUSK_CONFIG?"});
  EXPECT_EQ(warnings("TUSK_XYZZY=1"),
            Strings{"the environment variable TUSK_XYZZY is not known and has no effect"});
}

TEST(Environment, IsQuietAboutTheVariablesOfItsTests) {
  for (const char* name : {"TUSK_BINARY", "TUSK_TEST_EXECUTOR", "TUSK_RESIDENT_SEED"})
    EXPECT_EQ(warnings(std::string(name) + "=x"), Strings{}) << name;
}

// Variables that shells, containers, systemd, Kubernetes and the official PHP images really set.
TEST(Environment, IsQuietAboutOthers) {
  for (const char* name : {"PATH",
                           "HOME",
                           "HOSTNAME",
                           "TERM",
                           "LANG",
                           "LC_ALL",
                           "PWD",
                           "OLDPWD",
                           "SHELL",
                           "SHLVL",
                           "USER",
                           "LOGNAME",
                           "TMPDIR",
                           "TEMP",
                           "TMP",
                           "TEMPDIR",
                           "EDITOR",
                           "PAGER",
                           "DISPLAY",
                           "LISTEN_FDS",
                           "LISTEN_PID",
                           "LISTEN_FDNAMES",
                           "NOTIFY_SOCKET",
                           "INVOCATION_ID",
                           "JOURNAL_STREAM",
                           "PHP_INI_DIR",
                           "PHP_VERSION",
                           "PHP_URL",
                           "PHP_ASC_URL",
                           "PHP_SHA256",
                           "PHP_CFLAGS",
                           "PHP_CPPFLAGS",
                           "PHP_LDFLAGS",
                           "PHP_CONFIG",
                           "PHPRC",
                           "PHP_INI_SCAN_DIR",
                           "PHPIZE_DEPS",
                           "GPG_KEYS",
                           "APP_ENV",
                           "APP_DEBUG",
                           "APP_KEY",
                           "LOG_CHANNEL",
                           "LOG_STACK",
                           "DB_HOST",
                           "DB_PORT",
                           "DATABASE_URL",
                           "CACHE_DRIVER",
                           "QUEUE_CONNECTION",
                           "SESSION_DRIVER",
                           "MAIL_HOST",
                           "REDIS_HOST",
                           "SERVER_NAME",
                           "SERVICE_HOST",
                           "KUBERNETES_SERVICE_HOST",
                           "TUSK_SERVICE_HOST",
                           "TUSK_SERVICE_PORT",
                           "TUSK_PORT",
                           "TUSK_PORT_80_TCP",
                           "TUSK_PREFIX",
                           "HTTP_PROXY",
                           "NO_PROXY",
                           "CC",
                           "CXX",
                           "MAKEFLAGS",
                           "LOGLEVEL",
                           "ROOT",
                           "WORKERS"})
    EXPECT_EQ(warnings(std::string(name) + "=x"), Strings{}) << name;
}

}  // namespace
}  // namespace tusk::config
