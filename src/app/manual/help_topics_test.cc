#include "app/manual/help_topics.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/manual/all_commands.h"
#include "config/output/help.h"
#include "config/output/option_group.h"

namespace tusk::app::manual {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class HelpTopics : public ::testing::Test {
 protected:
  std::string on(const std::string& topic) const {
    const std::vector<std::string> topics{topic};
    auto text = help_on(topics, commands_);
    return text ? *text : "mistake: " + text.error().message;
  }

  std::vector<Command> commands_ = all_commands();
};

TEST_F(HelpTopics, TheShortHelpFitsOnAScreen) {
  const std::string help = short_help(commands_);
  EXPECT_LE(std::ranges::count(help, '\n'), 46) << help;
  for (const Command& command : commands_)
    EXPECT_THAT(help, HasSubstr("\n  " + std::string(command.word) + " "));
  for (const auto& group : config::output::option_groups())
    EXPECT_THAT(help, HasSubstr(std::string(group.word)));
  EXPECT_THAT(help, AllOf(Not(HasSubstr("use-ext")), Not(HasSubstr("use-stub")),
                          Not(HasSubstr("executor"))));
}

TEST_F(HelpTopics, EveryTextFitsInATerminal) {
  std::vector<std::string> texts{short_help(commands_), whole_help(commands_)};
  for (const Command& command : commands_) texts.push_back(command.help);
  for (const std::string& text : texts) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
  }
}

TEST_F(HelpTopics, EveryCommandHasHelpOfItsOwn) {
  for (const Command& command : commands_) {
    EXPECT_THAT(command.help, StartsWith("Usage: tusk")) << command.word;
    EXPECT_LE(std::ranges::count(command.help, '\n'), 45) << command.word;
  }
}

TEST_F(HelpTopics, AGroupGoesBeforeACommandAndNamesIt) {
  const std::string workers = on("workers");
  EXPECT_THAT(workers, AllOf(StartsWith("PHP workers: "), HasSubstr("--queue-timeout TIME"),
                             HasSubstr("tusk help --workers shows the option"),
                             HasSubstr("tusk workers --help the command")));
  EXPECT_THAT(on("preload"), AllOf(StartsWith("Usage: tusk preload"),
                                   HasSubstr("tusk help --preload shows the option")));
}

TEST_F(HelpTopics, AGroupHasOtherNames) {
  EXPECT_EQ(on("logs"), on("logging"));
  EXPECT_EQ(on("limits"), on("connections"));
  EXPECT_EQ(on("listeners"), on("serving"));
}

TEST_F(HelpTopics, OtherServersNamesAreUnderstood) {
  EXPECT_THAT(on("webroot"), HasSubstr("--root DIR"));
  EXPECT_THAT(on("memory_limit"), HasSubstr("write it below [php]"));
}

TEST_F(HelpTopics, AWordShowsTheOptionsThatHaveIt) {
  EXPECT_THAT(on("timeout"), AllOf(HasSubstr("--drain-timeout"), HasSubstr("--idle-timeout"),
                                   Not(HasSubstr("--root"))));
}

TEST_F(HelpTopics, AnUnknownWordNamesTheNearest) {
  EXPECT_EQ(on("conections"),
            "mistake: there is no help on 'conections'; did you mean tusk help connections?");
  EXPECT_EQ(on("reloda"), "mistake: there is no help on 'reloda'; did you mean tusk help reload?");
  EXPECT_THAT(on("xyzzy"), HasSubstr("; the groups are serving, tls, "));
  EXPECT_THAT(on("--wokers"), HasSubstr("did you mean --workers?"));
}

TEST_F(HelpTopics, AllIsEverything) {
  EXPECT_EQ(on("all"), whole_help(commands_));
  EXPECT_THAT(on("all"), HasSubstr("--use-stub"));
}

TEST_F(HelpTopics, TheWordsOfHelpAreItsTopics) {
  const std::string words = " " + topic_words(commands_) + " ";
  for (const char* word : {" all ", " tls ", " reload ", " workers "})
    EXPECT_THAT(words, HasSubstr(word));
}

}  // namespace
}  // namespace tusk::app::manual
