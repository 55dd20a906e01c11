#include "app/cli.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/test_directory.h"
#include "config/option_table.h"
#include "config/output/reference.h"

namespace tusk::app {
namespace {

using Strings = std::vector<std::string>;

class Cli : public ::testing::Test {
 protected:
  ParsedCommandLine run(const Strings& args, const Strings& environment = {}) const {
    return parse_command_line({.args = args,
                               .environment = environment,
                               .working_directory = directory_.path(),
                               .machine = {.cpu_cores = 4, .open_files = 1000},
                               .version = [] { return std::string("tusk 1.2.3"); }});
  }

  // Expects exit status 2, nothing on stdout, and exactly this on stderr.
  void expect_wrong_use(const Strings& args, const std::string& err) const {
    const ParsedCommandLine result = run(args);
    EXPECT_NE(result.action, Action::kServe);
    EXPECT_EQ(result.exit_status, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err, err);
  }

  base::TestDirectory directory_;
};

TEST_F(Cli, ServesByDefault) {
  for (const Strings& args : {Strings{}, Strings{"serve"}, Strings{"--workers=3", "serve"}}) {
    const ParsedCommandLine result = run(args);
    EXPECT_EQ(result.action, Action::kServe);
    EXPECT_EQ(result.exit_status, 0);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(result.loaded.settings.document_root, directory_.path());
  }
  EXPECT_EQ(run({"--workers=3"}).loaded.settings.php_workers, 3U);
}

TEST_F(Cli, HelpAndVersionNeedNothingElseToBeRight) {
  for (const Strings& args : {Strings{"help"}, Strings{"--help"}, Strings{"-h"},
                              Strings{"--workers=x", "--help"}, Strings{"nonsense", "--help"}}) {
    const ParsedCommandLine result = run(args, {"PHP_WORKERS=x"});
    EXPECT_NE(result.action, Action::kServe);
    EXPECT_EQ(result.exit_status, 0);
    EXPECT_EQ(result.out, run({"help"}).out);
    EXPECT_TRUE(result.out.starts_with("tusk is a web server"));
    EXPECT_EQ(result.err, "");
  }
  for (const char* arg : {"version", "--version", "-v"}) EXPECT_EQ(run({arg}).out, "tusk 1.2.3\n");
}

TEST_F(Cli, HelpShowsCommandsAndOptions) {
  const std::string help = run({"help", "all"}).out;
  for (const char* part : {"tusk [serve] [options]", "\n  check ", "\n  reload ", "--workers N",
                           "Exit status: 0 done, 1 failed, 2 wrong use."})
    EXPECT_NE(help.find(part), std::string::npos) << part;
  EXPECT_EQ(help.find("--reference"), std::string::npos);
}

TEST_F(Cli, HelpOfACommandIsAboutThatCommand) {
  const std::string check = run({"check", "--help"}).out;
  EXPECT_TRUE(check.starts_with("Usage: tusk check [--strict] [options]\n")) << check;
  EXPECT_EQ(run({"check", "--nonsense", "-h"}).out, check);
  EXPECT_EQ(run({"help", "check"}).out, check);
  EXPECT_TRUE(run({"workers", "--help"}).out.starts_with("Usage: tusk workers "));
  EXPECT_TRUE(run({"help", "--help"}).out.starts_with("Usage: tusk help "));
}

TEST_F(Cli, HelpOnAnOptionTakesItsNames) {
  const std::string option = run({"help", "--drain-timeout"}).out;
  EXPECT_TRUE(option.starts_with("--drain-timeout TIME\n")) << option;
  for (const char* name : {"drain_timeout", "drain-timeout", "TUSK_DRAIN_TIMEOUT",
                           "DRAIN_TIMEOUT_SECS", "--drain_timeout", "--drain-timeout=3s"})
    EXPECT_EQ(run({"help", name}).out, option) << name;
  expect_wrong_use({"help", "--drain-timeut"},
                   "tusk: unknown option --drain-timeut; did you mean --drain-timeout?\n");
  expect_wrong_use({"help", "loging"},
                   "tusk: there is no help on 'loging'; did you mean tusk help logging?\n");
}

TEST_F(Cli, CheckLeavesTheVerdictToPhp) {
  const ParsedCommandLine result = run({"check", "--workers=3"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.action, Action::kCheck);
  EXPECT_FALSE(result.strict);
  EXPECT_EQ(result.out + result.err, "");
  EXPECT_TRUE(run({"check", "--strict"}).strict);
  expect_wrong_use({"--strict"}, "tusk: --strict belongs to tusk check\n");
}

TEST_F(Cli, CheckReportsEveryMistake) {
  const std::string file = directory_.write("t.toml", "worker = 4\nlog_level = 'loud'\n");
  const ParsedCommandLine result =
      run({"check", "--config=t.toml", "--lisen=:80", "--workers=abc", "--root=none"},
          {"QUEUE_CAPACITY=many", "PHP_WORKER=4"});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            "tusk: warning: the environment variable PHP_WORKER is not known and has no effect; "
            "did you mean PHP_WORKERS?\n"
            "tusk: unknown option --lisen; did you mean --listen?\n"
            "tusk: " +
                file +
                ":1: unknown key 'worker'; did you mean php_workers?\n"
                "tusk: " +
                file +
                ":2: log_level: 'loud' is not one of "
                "trace|debug|info|warn|error|off\n"
                "tusk: QUEUE_CAPACITY: 'many' is not a whole number\n"
                "tusk: --workers: 'abc' is not a whole number\n"
                "tusk: --root: " +
                directory_.path() + "/none: No such file or directory\n");
}

TEST_F(Cli, WhatIsUnderstoodButNotThereIsAFailure) {
  for (const Strings& args : {Strings{"--root=none"}, Strings{"check", "--root=none"},
                              Strings{"config", "--config=none.toml"}}) {
    const ParsedCommandLine result = run(args);
    // A configuration file that cannot be read is an invalid configuration.
    EXPECT_EQ(result.exit_status, args.front() == "config" ? 2 : 1);
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err.find("No such file or directory\n"), std::string::npos);
  }
}

TEST_F(Cli, NonsenseIsOneClearLine) {
  expect_wrong_use({"--workers", "abc"}, "tusk: --workers: 'abc' is not a whole number\n");
  expect_wrong_use({"--workers"}, "tusk: --workers needs a value: --workers N\n");
  expect_wrong_use({"--worker", "4"}, "tusk: unknown option --worker; did you mean --workers?\n");
  expect_wrong_use({"-d", "foo"}, "tusk: -d: 'foo' is not name=value\n");
  expect_wrong_use({"--listen", "8080"},
                   "tusk: --listen: '8080' is not an address; for a port write :8080\n");
}

TEST_F(Cli, UnknownCommandsGetTheNearestName) {
  expect_wrong_use({"chekc"}, "tusk: unknown command 'chekc'; did you mean tusk check?\n");
  expect_wrong_use({"xyzzy"}, "tusk: unknown command 'xyzzy'; see tusk --help\n");
  expect_wrong_use({"public/"},
                   "tusk: unknown command 'public/'; to serve a directory write --root public/\n");
  expect_wrong_use({"check", "public"}, "tusk: unexpected argument 'public'\n");
  expect_wrong_use({""}, "tusk: unknown command ''; see tusk --help\n");
  expect_wrong_use({"check", "--json"}, "tusk: --json belongs to tusk config and tusk preload\n");
  expect_wrong_use({"--reference"}, "tusk: --reference belongs to tusk config\n");
}

TEST_F(Cli, ConfigShowsValuesAndSources) {
  const ParsedCommandLine result = run({"config", "--workers=3"}, {"LOG_LEVEL=debug"});
  EXPECT_NE(result.action, Action::kServe);
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_NE(result.out.find("# flag --workers\n"), std::string::npos);
  EXPECT_NE(result.out.find("# environment LOG_LEVEL\n"), std::string::npos);
  directory_.write("again.toml", result.out);
  EXPECT_EQ(run({"config", "--config=again.toml"}).exit_status, 0);
}

TEST_F(Cli, ConfigShowsOnlyWhatChanged) {
  EXPECT_EQ(run({"config", "--changed"}).out, "# Every value is its default.\n");
  const ParsedCommandLine result = run({"config", "--changed"}, {"TUSK_LOG_LEVEL=debug"});
  EXPECT_EQ(result.out, "log_level = \"debug\"  # environment TUSK_LOG_LEVEL\n");
  expect_wrong_use({"check", "--changed"}, "tusk: --changed belongs to tusk config\n");
}

TEST_F(Cli, ConfigAsJson) {
  const ParsedCommandLine result = run({"config", "--json"});
  EXPECT_EQ(nlohmann::json::parse(result.out).size(), config::option_table().size() - 1);
}

TEST_F(Cli, ConfigPrintsTheReference) {
  const ParsedCommandLine result = run({"config", "--reference"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.out, config::output::reference_markdown());
}

TEST_F(Cli, WarningsDoNotStopAnything) {
  const ParsedCommandLine result = run({"serve"}, {"PHP_WORKER=4"});
  EXPECT_EQ(result.action, Action::kServe);
  EXPECT_EQ(result.err, "");  // it is logged
  EXPECT_EQ(result.loaded.warnings.size(), 1U);
  EXPECT_TRUE(run({"config"}, {"PHP_WORKER=4"}).err.starts_with("tusk: warning: "));
}

TEST_F(Cli, TheInvocationIsThatOfTheProcess) {
  const char* const argv[] = {"tusk", "check", "--workers=3"};
  const Invocation invocation = invocation_of(3, argv, [] { return std::string("v"); });
  EXPECT_EQ(invocation.args, (Strings{"check", "--workers=3"}));
  EXPECT_TRUE(invocation.working_directory.starts_with('/'));
  EXPECT_FALSE(invocation.environment.empty());
  EXPECT_GE(invocation.machine.cpu_cores, 1U);
  EXPECT_EQ(invocation.version(), "v");
}

}  // namespace
}  // namespace tusk::app
