#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/manual/completions.h"
#include "app/manual/man_pages.h"
#include "config/environment.h"
#include "config/option.h"
#include "config/option_table.h"

namespace tusk::app::manual {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const Command kCommands[] = {
    {.word = "check", .usage = "tusk check [--strict] [options]", .doc = "validate"},
    {.word = "profile",
     .usage = "tusk profile [--seconds N]",
     .doc = "measure what the scripts' time is spent in",
     .details = "First.\n.not a request, and a \\ of its own",
     .options = "  --seconds N\n  -o, --output FILE  where --seconds goes\n"},
};

TEST(Command, FlagsAreInItsUsageAndOptions) {
  EXPECT_THAT(flags_of(kCommands[0]), ElementsAre("--strict"));
  EXPECT_THAT(flags_of(kCommands[1]), ElementsAre("--seconds", "--output"));
  EXPECT_THAT(flags_of({.word = "help", .usage = "tusk help -- and -h", .doc = ""}), ElementsAre());
}

TEST(ManPage, OfTheProgramHasEveryCommandAndOption) {
  const std::string page = man_page("tusk.1", kCommands).value_or("");
  EXPECT_TRUE(page.starts_with(".TH TUSK 1 "));
  EXPECT_THAT(page, HasSubstr("tusk \\- web server"));
  EXPECT_THAT(page, HasSubstr("\\fBtusk check [\\-\\-strict] [options]\\fR"));
  for (const config::Option& option : config::option_table())
    EXPECT_THAT(page, HasSubstr("[" + config::own_name(option) + ", default "));
}

TEST(ManPage, OfTheFileHasEveryKey) {
  const std::string page = man_page("tusk.toml.5", kCommands).value_or("");
  for (const config::Option& option : config::option_table()) {
    const std::string key = ".TP\n\\fB" + std::string(option.name) + " = ";
    const bool is_key = option.in_file && option.type != config::Type::kDirectives;
    EXPECT_EQ(page.contains(key), is_key) << option.name;
  }
  EXPECT_THAT(page, HasSubstr("From 1 to 64."));
}

TEST(ManPage, TextIsNoRequestAndHasNoEscape) {
  const std::string page = man_page("tusk.1", kCommands).value_or("");
  EXPECT_THAT(page, HasSubstr("First.\n\\&.not a request, and a \\e of its own"));
}

TEST(ManPage, OtherNamesHaveNone) { EXPECT_EQ(man_page("tusk.8", kCommands), std::nullopt); }

TEST(Completions, NameEveryOptionInEveryShell) {
  for (const Shell shell : {Shell::kBash, Shell::kZsh, Shell::kFish}) {
    const std::string text = completions(shell, kCommands);
    const std::string dashes = shell == Shell::kFish ? " -l " : "--";
    for (const config::Option& option : config::option_table())
      EXPECT_THAT(text, HasSubstr(dashes + std::string(option.flag)));
  }
}

TEST(Completions, CommandsWithoutOptionsHaveTheirOwnFlags) {
  const std::string bash = completions(Shell::kBash, kCommands);
  EXPECT_THAT(bash, HasSubstr("    check) words=\"--strict $options\" ;;\n"));
  EXPECT_THAT(bash, HasSubstr("    profile) words=\"--seconds --output\" ;;\n"));
}

TEST(Completions, WordsOfACommandAreOffered) {
  const Command commands[] = {
      {.word = "help", .usage = "tusk help [OPTION]", .doc = "explain", .words = "all tls"}};
  EXPECT_THAT(completions(Shell::kBash, commands),
              HasSubstr("    help) words=\"all tls $options\" ;;\n"));
  EXPECT_THAT(completions(Shell::kZsh, commands), HasSubstr("'*:word:(all tls)'"));
  EXPECT_THAT(completions(Shell::kFish, commands),
              HasSubstr("'__fish_seen_subcommand_from help' -a 'all tls'"));
}

TEST(Completions, ValuesThatAreAChoiceAreOffered) {
  EXPECT_THAT(completions(Shell::kBash, {}), HasSubstr("--log-format) values='text json' ;;"));
  EXPECT_THAT(completions(Shell::kZsh, {}), HasSubstr(":(text json)'"));
  EXPECT_THAT(completions(Shell::kFish, {}), HasSubstr("-l log-format -x -a 'text json'"));
}

TEST(Completions, QuotesOfADescriptionEndNothing) {
  EXPECT_THAT(completions(Shell::kZsh, kCommands), HasSubstr("the scripts'\\'' time"));
  EXPECT_THAT(completions(Shell::kFish, kCommands), HasSubstr("the scripts\\' time"));
}

TEST(Completions, ShellsHaveNames) {
  EXPECT_EQ(shell_named("zsh"), Shell::kZsh);
  EXPECT_EQ(shell_named("tcsh"), std::nullopt);
}

}  // namespace
}  // namespace tusk::app::manual
