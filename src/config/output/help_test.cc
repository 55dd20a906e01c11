#include "config/output/help.h"

#include <sstream>

#include <gtest/gtest.h>

#include "config/option_table.h"

namespace tusk::config::output {
namespace {

TEST(Help, NamesEveryOptionWithVariableAndDefault) {
  const std::string help = help_options();
  for (const Option& option : option_table()) {
    EXPECT_NE(help.find("--" + std::string(option.flag)), std::string::npos) << option.flag;
    EXPECT_NE(help.find("[" + std::string(option.environment) + ", default "), std::string::npos)
        << option.environment;
  }
  EXPECT_NE(help.find("\nPHP\n"), std::string::npos);
  EXPECT_NE(help.find("  -c, --php-ini PHP.INI "), std::string::npos);
}

TEST(Help, FitsItsWidth) {
  std::istringstream lines(help_options());
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), kHelpWidth) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
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
