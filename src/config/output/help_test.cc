#include "config/output/help.h"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

#include "config/environment.h"
#include "config/option_table.h"

namespace tusk::config::output {
namespace {

void expect_fits(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), kHelpWidth) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
}

TEST(Help, NamesEveryOptionWithVariableAndDefault) {
  const std::string help = help_options();
  for (const Option& option : option_table()) {
    EXPECT_NE(help.find("--" + std::string(option.flag)), std::string::npos) << option.flag;
    EXPECT_NE(help.find("[" + own_name(option) + ","), std::string::npos) << option.name;
  }
  EXPECT_NE(help.find("\nPHP\n"), std::string::npos);
  EXPECT_NE(help.find("  -c, --php-ini PHP.INI "), std::string::npos);
}

TEST(Help, FitsItsWidth) {
  expect_fits(help_options());
  expect_fits(short_help_options());
  for (const OptionGroup& group : option_groups()) expect_fits(group_help(group));
}

TEST(Help, EveryOptionIsInOneGroup) {
  std::size_t options = 0;
  for (const OptionGroup& group : option_groups()) {
    options += group.options.size();
    EXPECT_EQ(find_group(group.word), &group);
    for (const std::string_view alias : group.aliases) {
      EXPECT_EQ(find_group(alias), nullptr) << alias;
      EXPECT_EQ(find_group_by_alias(alias), &group) << alias;
    }
  }
  EXPECT_EQ(options, option_table().size());
  for (const Option& option : option_table()) {
    const std::string help = group_help(group_of(option));
    EXPECT_NE(help.find("--" + std::string(option.flag)), std::string::npos) << option.flag;
  }
}

TEST(Help, OfAGroupHasFirstSentences) {
  EXPECT_EQ(first_sentence("One, e.g. this. Two."), "One, e.g. this.");
  EXPECT_EQ(first_sentence("No full stop"), "No full stop");
  const std::string help = group_help(*find_group("workers"));
  EXPECT_NE(help.find("--queue-timeout TIME"), std::string::npos);
  EXPECT_EQ(help.find("If the queue is so long"), std::string::npos);
}

TEST(Help, OfAnOptionSaysAll) {
  const Option& option = option_named("drain_timeout");
  const std::string help = option_help(option);
  EXPECT_TRUE(help.starts_with("--drain-timeout TIME\n"));
  for (const char* part :
       {"TIME is like 30 (seconds)", "in the file   drain_timeout = TIME", "TUSK_DRAIN_TIMEOUT",
        "DRAIN_TIMEOUT_SECS", "default       ", "scope         process", "tusk help serving"})
    EXPECT_NE(help.find(part), std::string::npos) << part << "\n" << help;
  EXPECT_NE(option_help(option_named("php_workers")).find("workers in the file"),
            std::string::npos);
  EXPECT_NE(option_help(option_named("config_file")).find("not in the file"), std::string::npos);
  EXPECT_NE(option_help(option_named("access_log")).find("--no-access-log"), std::string::npos);
}

TEST(Help, TheShortOneHasOnlyWhatMostUsersNeed) {
  const std::string help = short_help_options();
  EXPECT_LE(std::ranges::count(help, '\n'), 15);
  for (const char* flag : {"--root DIR", "--listen ADDR", "--workers N", "--tls-cert FILE"})
    EXPECT_NE(help.find(flag), std::string::npos) << flag;
  for (const char* flag : {"--use-ext", "--use-stub", "--executor"})
    EXPECT_EQ(help.find(flag), std::string::npos) << flag;
}

TEST(Help, WrapsBetweenWords) {
  EXPECT_EQ(wrap("one two three", 2, 9), "  one two\n  three\n");
  EXPECT_EQ(wrap("incomprehensibilities of it", 0, 5), "incomprehensibilities\nof it\n");
  EXPECT_EQ(wrap("", 2, 9), "");
}

TEST(Help, ShowsHowAFlagIsWritten) {
  EXPECT_EQ(flag_usage(option_named("php_workers")), "--workers N");
  EXPECT_EQ(flag_usage(option_named("php")), "-d, --define NAME=VALUE");
  EXPECT_EQ(flag_usage(option_named("access_log")), "--access-log[=on|off]");
  EXPECT_EQ(default_shown(option_named("php_workers")),
            "0 (one per CPU core, fewer if there is little memory)");
  EXPECT_EQ(default_shown(option_named("fallback")), "none");
}

}  // namespace
}  // namespace tusk::config::output
