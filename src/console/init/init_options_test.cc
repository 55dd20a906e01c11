#include "console/init/init_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tusk::console::init {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::expected<InitOptions, std::vector<std::string>> read(std::vector<std::string> words) {
  words.insert(words.begin(), "init");
  return read_options(words);
}

TEST(InitOptions, AreRead) {
  const auto options = read({"--root", "/srv/a", "--preset=laravel", "--host", "example.org", "-y",
                             "-o", "-", "--listen", ":81", "--listen", ":82", "--force"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->root, "/srv/a");
  EXPECT_EQ(options->preset, "laravel");
  EXPECT_EQ(options->host, "example.org");
  EXPECT_EQ(options->output, "-");
  EXPECT_THAT(options->listen, ElementsAre(":81", ":82"));
  EXPECT_TRUE(options->yes && options->force && !options->help);
}

TEST(InitOptions, NothingIsGiven) {
  const auto options = read({});
  ASSERT_TRUE(options);
  EXPECT_FALSE(options->root || options->preset || options->host);
  EXPECT_FALSE(options->yes || options->force);
}

TEST(InitOptions, MistakesAreNamed) {
  const auto mistakes = [](std::vector<std::string> words) {
    const auto options = read(std::move(words));
    return options ? std::string() : options.error().front();
  };
  EXPECT_THAT(mistakes({"--workers", "3"}), HasSubstr("--workers does not belong to tusk init"));
  EXPECT_THAT(mistakes({"--preset", "joomla"}),
              HasSubstr("--preset must be one of none|wordpress"));
  EXPECT_THAT(mistakes({"--tls-cert", "/c.pem"}), HasSubstr("belong together"));
  EXPECT_THAT(mistakes({"--host", "http://a"}), HasSubstr("--host must be a host name"));
  EXPECT_THAT(mistakes({"/srv/a"}), HasSubstr("unexpected argument '/srv/a'"));
  EXPECT_THAT(mistakes({"--nonsense"}), HasSubstr("--nonsense"));
}

TEST(InitOptions, TheHelpNamesEachOnce) {
  EXPECT_THAT(help_text(), HasSubstr("\n  --host NAME\n"));
}

}  // namespace
}  // namespace tusk::console::init
